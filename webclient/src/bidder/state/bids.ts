/** The bids this browser knows, as records; every change goes through here and is told to the other tabs. */
import { database, type BidPhase, type BidRecord } from './db'
import { tell } from './channel'

/** Phases in which a bid stands for the lot or is on its way to it. */
const ACTIVE: readonly BidPhase[] = ['sealing', 'sealed', 'uploading', 'accepted', 'live']
export const isActive = (bid: BidRecord): boolean => ACTIVE.includes(bid.phase)

export async function bidsOf(owner: string, lot: string): Promise<BidRecord[]> {
  const found = await (await database()).getAllFromIndex('bids', 'lot', [owner, lot])
  return found.sort((a, b) => a.sealedAt.localeCompare(b.sealedAt))
}

export async function allBids(owner: string): Promise<BidRecord[]> {
  return (await database()).getAllFromIndex('bids', 'owner', owner)
}

export async function findBid(bid: string): Promise<BidRecord | undefined> {
  return (await database()).get('bids', bid)
}

export async function putBid(record: BidRecord): Promise<void> {
  await (await database()).put('bids', record)
  tell({ kind: 'bids', lot: record.lot })
}

/** Change a record as it is on disk now: two tabs never overwrite each other's fields. */
export async function changeBid(bid: string, change: Partial<BidRecord>): Promise<BidRecord> {
  const tx = (await database()).transaction('bids', 'readwrite')
  const before = await tx.store.get(bid)
  if (!before) throw new Error(`no bid ${bid}`)
  const after = { ...before, ...change }
  await tx.store.put(after)
  await tx.done
  tell({ kind: 'bids', lot: after.lot })
  return after
}

export async function forgetBid(record: BidRecord): Promise<void> {
  await (await database()).delete('bids', record.bid)
  tell({ kind: 'bids', lot: record.lot })
}
