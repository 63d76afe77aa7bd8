/** A lost connection in phase A is evidence for whose fault a missing release is: it is reported when it is back. */
import { watch } from 'vue'
import { now } from '@/clock'
import type { Acts } from './acts'
import { reportTrouble } from './bidder/report'

/** Shorter losses are a network's ordinary life. */
const WORTH_MS = 2_000
/** Reports per page, far below what the server takes. */
const MOST = 20

export function useTroubles(acts: Acts): void {
  const { hall } = acts
  let lostAt: number | null = null
  let reported = 0
  watch(hall.state, async (state) => {
    if (state === 'reconnecting' || state === 'offline') lostAt ??= now()
    if (state !== 'live' || lostAt === null) return
    const ms = now() - lostAt
    const since = new Date(lostAt).toISOString()
    lostAt = null
    const waiting = hall.phase.value === 'DECRYPTING' && (hall.role.value === 'bidder' || hall.role.value === 'receipt') && hall.may('ReleaseKey')
    if (!waiting || ms < WORTH_MS || reported >= MOST) return
    reported++
    await reportTrouble(acts, hall.seat.value, 'socket-loss', { since, seconds: String(Math.round(ms / 1000)), part: hall.part.value })
  })
}
