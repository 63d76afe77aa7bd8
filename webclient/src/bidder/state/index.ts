/** What others may ask of the desk's memory. */
import { allBids, isActive } from './bids'
import type { BidPhase } from './db'

/** How far a person's bid for a lot has come in this browser, whichever tab or slot made it; null for none. */
export async function bidState(lot: string, person: string): Promise<BidPhase | null> {
  const bids = (await allBids(person)).filter((one) => one.lot === lot).sort((a, b) => a.sealedAt.localeCompare(b.sealedAt))
  return (bids.findLast(isActive) ?? bids.at(-1))?.phase ?? null
}
