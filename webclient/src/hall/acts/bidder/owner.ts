/** Whose bids this browser may use here: somebody who signed in anew has a new slot, and the same bids. */
import { rememberedOwner } from '@/bidder/desk/owner'
import { heldBids, type HeldBid } from '@/bidder/secrets'
import { loadSession } from '@/identity/session'

export async function knowOwner(): Promise<void> {
  rememberedOwner(await loadSession().catch(() => null))
}

/** This person's bids for the lot that this browser holds. */
export async function ownBids(lot: string): Promise<HeldBid[]> {
  await knowOwner()
  return heldBids(lot).catch(() => [])
}
