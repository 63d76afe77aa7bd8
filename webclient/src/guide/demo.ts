/** What `kaibiao demo` tells about the demonstration being played (演示): the cast, the stage, whose turn it is. */
import { computed, onScopeDispose, shallowRef } from 'vue'
import { get, post, Problem, put } from '@/api/http'
import type { Bodies } from '@/wire/bodies'

export interface Player {
  kind: 'official' | 'bidder'
  part: string
  organisation: string
  creditCode: string
  person: string
  personId: string
  price: string | null
  visitor: boolean
  seats: string[]
  may: string[]
}
export interface Demo {
  readiness: 'preparing' | 'ready' | 'failed'
  detail: string
  companions: string[]
  now: string
  tender: string | null
  lot?: string
  opensAt?: string
  phase: string | null
  over?: boolean
  /** The seat whose seal on the record is next: it has to come to the hall before it can be asked. */
  sealFor?: string | null
  cast: Record<string, Player>
  password?: string
}

const OFF = 'kb-no-demo'
const EVERY_MS = 2_500

/** The demonstration as last told; null where the platform runs none, or it is not known yet. */
export const demo = shallowRef<Demo | null>(null)
export const preparing = computed(() => demo.value?.readiness === 'preparing')

let watchers = 0
let timer: ReturnType<typeof setTimeout> | undefined

async function look(): Promise<void> {
  clearTimeout(timer)
  if (document.visibilityState === 'visible') {
    try {
      demo.value = { ...demo.value, ...(await get<Demo>('/demo', { anonymous: true })) }
    } catch (fault) {
      if (fault instanceof Problem && fault.status === 404) {
        // A platform at work: asked once in a tab's life.
        sessionStorage.setItem(OFF, '1')
        return
      }
    }
  }
  if (watchers > 0) timer = setTimeout(() => void look(), EVERY_MS)
}

/** Keep the demonstration in view while the caller's scope lives. */
export function watchDemo(): void {
  if (sessionStorage.getItem(OFF)) return
  watchers += 1
  if (watchers === 1) void look()
  onScopeDispose(() => {
    watchers -= 1
    if (watchers === 0) clearTimeout(timer)
  })
}

/** Leave exactly these players to the platform's companions. */
export async function leaveToCompanions(keys: string[]): Promise<void> {
  const told = await put<Demo>('/demo/companions', { keys } satisfies Bodies['PUT /demo/companions'], { anonymous: true })
  demo.value = { ...demo.value, ...told }
}

/** Have another demonstration prepared that opens after so many seconds. */
export async function beginAnew(seconds: number): Promise<void> {
  const told = await post<Demo>('/demo/openings', { seconds } satisfies Bodies['POST /demo/openings'], { anonymous: true })
  demo.value = { ...demo.value, ...told }
}
