/** The halls a supervising body watches, as `GET /halls` tells them: its own by the notice, the others as the public sees them. */
import { onScopeDispose, ref, shallowRef } from 'vue'
import { explained } from '@/api/explained'
import { get, type Problem } from '@/api/http'
import type { Phase } from '@/hall/wire'

export interface Alert {
  kind: string
  level: 'bad' | 'warn' | 'info'
  facts: Record<string, string | number>
}

export interface Attendee {
  seat: string
  role: string
  name: string
  organisation: string
  signedInAt: string | null
  present: boolean
}

export interface WatchedHall {
  lot: string
  tender: string
  title: string
  lotTitle: string
  code: string
  phase: Phase
  opensAt: string
  deadline: string | null
  suspended: boolean
  demonstration: boolean
  /** The person's seats of the notice; empty where it looks on as the public does. */
  mine: { seat: string; role: string }[]
  alerts: Alert[]
  people?: Attendee[]
  counts?: { live: number | null; released: number; contenders: number; read: number; lines: number }
}

/** Often enough to notice, seldom enough to cost nothing. */
const EVERY_MS = 4_000
const OVER = new Set<Phase>(['RECORDED', 'FAILED', 'ABORTED'])

export type Group = 'live' | 'soon' | 'over'

export function groupOf(hall: WatchedHall): Group {
  if (OVER.has(hall.phase)) return 'over'
  return hall.phase === 'SCHEDULED' ? 'soon' : 'live'
}

const WORST = { bad: 0, warn: 1, info: 2 } as const
const urgency = (hall: WatchedHall): number => Math.min(3, ...hall.alerts.map((one) => WORST[one.level]))

/** Anomalies first, then by time. */
export function inOrder(halls: readonly WatchedHall[]): WatchedHall[] {
  return [...halls].sort((a, b) => urgency(a) - urgency(b) || a.opensAt.localeCompare(b.opensAt))
}

/** The list, asked for again and again while the page is looked at. */
export function useHalls() {
  const halls = shallowRef<WatchedHall[] | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const stale = ref(false)
  async function look(): Promise<void> {
    try {
      halls.value = (await get<{ halls: WatchedHall[] }>('/halls')).halls
      problem.value = null
      stale.value = false
    } catch (thrown) {
      // What was seen last stays on the page, marked as old.
      stale.value = halls.value !== null
      problem.value = await explained(thrown)
    }
  }
  void look()
  const timer = setInterval(() => {
    if (document.visibilityState === 'visible') void look()
  }, EVERY_MS)
  onScopeDispose(() => clearInterval(timer))
  return { halls, problem, stale, look }
}
