/** Who is meant by the key of a seat. */
import { type ComputedRef, computed } from 'vue'
import type { HallStore } from './store'
import type { HallView } from './wire'
import { word } from './words'

/** `host:p_…` as 主持人 张三; a bidder's seat as its organisation. */
export function seatName(view: HallView, seat: string): string {
  const entry = view.seats?.[seat]
  const [role = '', id = ''] = seat.split(/:(.*)/s)
  if (entry) return `${word('role', entry.host ? 'host' : entry.role)} ${entry.name}`
  if (role === 'bidder') return Object.values(view.bids ?? {}).find((bid) => bid.creditCode === id)?.name ?? id
  if (!id) {
    // A host's or deputy's bare id, as a handover names it.
    const person = view.seats?.[`host:${role}`] ?? view.seats?.[`deputy:${role}`]
    return person ? person.name : word('role', role)
  }
  return word('role', role)
}

export function useNames(hall: HallStore): ComputedRef<(seat: string) => string> {
  return computed(() => {
    const view = hall.view.value
    return (seat: string) => seatName(view, seat)
  })
}
