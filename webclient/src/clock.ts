/**
 * The server's clock, kept on `performance.now()` so that changing the computer's clock does not move it.
 *
 * The offset comes from the sample with the shortest round trip of the last minutes; half that round trip bounds
 * its error (Cristian, 1989). The server alone decides deadlines: this clock is for showing.
 */
import { ref } from 'vue'
import { site } from '@/app/place'

interface Sample {
  at: number
  offset: number
  trip: number
}

const KEPT_MS = 5 * 60_000
const LOST_MS = 90_000
let samples: Sample[] = []
let best = Date.now() - performance.now()

/** Whether the clock was compared within the last 90 s. */
export const synced = ref(false)
/** The bound of the error in milliseconds. */
export const uncertainty = ref(0)
/** How far this computer's own clock is off, in milliseconds (positive: it is behind the server). */
export const computerOff = ref(0)

/** The server's time in milliseconds since 1970. */
export function now(): number {
  return best + performance.now()
}

/** One comparison: sent and answered on `performance.now()`, and what the server's clock said. */
export function feed(sentAt: number, serverMs: number, answeredAt: number): void {
  const trip = answeredAt - sentAt
  samples = [...samples.filter((s) => answeredAt - s.at < KEPT_MS), { at: answeredAt, offset: serverMs - (sentAt + answeredAt) / 2, trip }]
  const closest = samples.reduce((a, b) => (b.trip < a.trip ? b : a))
  best = closest.offset
  uncertainty.value = Math.max(1, Math.ceil(closest.trip / 2))
  computerOff.value = Math.round(now() - Date.now())
  synced.value = true
}

async function sample(): Promise<void> {
  const sent = performance.now()
  try {
    const answer = await fetch(`${site}/api/selfcheck/clock`, { cache: 'no-store', credentials: 'omit' })
    const { now: told } = (await answer.json()) as { now: string }
    feed(sent, Date.parse(told), performance.now())
  } catch {
    // Offline: `synced` turns false by itself when the last comparison is too old.
  }
}

/** Keep comparing: five times at once, then every 30 s while the page is seen. */
export async function keepTime(): Promise<void> {
  setInterval(() => {
    if (performance.now() - (samples.at(-1)?.at ?? -Infinity) > LOST_MS) synced.value = false
    if (document.visibilityState === 'visible') void sample()
  }, 30_000)
  for (let n = 0; n < 5; n += 1) await sample()
}
