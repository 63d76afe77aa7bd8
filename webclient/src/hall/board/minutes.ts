/** The record as it stands (GET /halls/{lot}/minutes): fetched while somebody looks, never in a wave. */
import { onScopeDispose, type Ref, ref, type ShallowRef, shallowRef, watch } from 'vue'
import { asProblem, get, type Problem } from '@/api/http'
import { now } from '@/clock'
import { lang } from '@/i18n'
import type { HallStore } from '../store'

/** The canonical form of `opening_hall/record/minutes.py`. */
export interface Minutes {
  title: string
  demonstration: boolean
  part: string
  /** key, zh, en, value */
  header: [string, string, string, string][]
  columns: [string, string, string][]
  rows: [string, string[]][]
  objections: { number: number; by: string; at: string; text: string; answer: string; answeredBy: string; answeredAt: string; resolution: string }[]
  incidents: [string, string, string][]
  chat: [string, string, string][]
  signatories: [string, string, string][]
  admittedHash: string
}

/** However quickly the hall moves, one viewer asks at most so often. */
const PAUSE_MS = 6_000

export interface LiveMinutes {
  minutes: Readonly<ShallowRef<Minutes | null>>
  problem: Readonly<ShallowRef<Problem | null>>
  /** The server's time when it was fetched, in ms. */
  at: Readonly<Ref<number>>
}

export function useMinutes(hall: HallStore): LiveMinutes {
  const minutes = shallowRef<Minutes | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const at = ref(0)
  let asked = -1
  let timer: ReturnType<typeof setTimeout> | undefined
  let gone = false

  async function fetchNow(): Promise<void> {
    timer = undefined
    asked = hall.v.value ?? -1
    try {
      const query = new URLSearchParams({ lang: lang.value, seat: hall.seat.value })
      const found = await get<Minutes>(`/halls/${hall.lot}/minutes?${query}`)
      if (gone) return
      minutes.value = found
      at.value = now()
      problem.value = null
    } catch (thrown) {
      if (!gone) problem.value = asProblem(thrown)
    }
    if (!gone && asked !== hall.v.value) later(PAUSE_MS * (0.7 + 0.6 * Math.random()))
  }
  function later(delay: number): void {
    timer ??= setTimeout(() => void fetchNow(), delay)
  }
  watch(lang, () => later(0))
  watch(hall.v, () => later(asked < 0 ? 0 : PAUSE_MS * (0.7 + 0.6 * Math.random())), { immediate: true })
  onScopeDispose(() => {
    gone = true
    clearTimeout(timer)
  })
  return { minutes, problem, at }
}
