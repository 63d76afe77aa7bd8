/** A receipt's seat: whoever holds a bid's receipt key sits for it without signing in (kaibiao/seat/v1). */
import type { SeatProof } from './live/types'

/** How the seat `receipt:b_…` is proven anew at every connection; null for other seats. */
export function receiptProof(lot: string, seat: string): SeatProof | undefined {
  if (!seat.startsWith('receipt:')) return undefined
  const bid = seat.slice('receipt:'.length)
  return async () => {
    const { proveReceiptSeat } = await import('./live/receiptProof')
    return proveReceiptSeat(lot, bid)
  }
}
