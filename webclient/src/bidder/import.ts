/** A bid made elsewhere, taken over into this browser from its key file (and its receipt, where there is one). */
import { now } from '@/clock'
import { unwrapKeyFile } from '@/crypto/key-file'
import { pointOf } from '@/crypto/p256'
import { parseReceipt, verifyReceipt } from '@/crypto/receipt'
import { ask } from './anonymous'
import { keyFileForeign, receiptInvalid } from './problems'
import { importReceiptKey } from './statements'
import { findBid, putBid } from './state/bids'
import { database, type BidRecord } from './state/db'
import { lock } from './state/device'
import { fetchLot } from './lot/package'

export interface Import {
  owner: string
  keyFile: Uint8Array<ArrayBuffer>
  passphrase: string
  receipt?: string | null
}

/** The lot of the bid that was taken over. Throws `Invalid` or `Problem`. */
export async function importBid(from: Import): Promise<string> {
  const held = await unwrapKeyFile(from.keyFile, from.passphrase)
  const { tender, lot, round, docsHash } = held.ctx
  const facts = await fetchLot(lot)
  const receipt = from.receipt ? parseReceipt(new TextEncoder().encode(from.receipt.trim())) : null
  if (receipt) {
    if (receipt.bid !== held.bid || receipt.lot !== lot) throw keyFileForeign()
    const { keys } = await ask<{ keys: Record<string, string> }>('/receipts/key')
    await verifyReceipt(receipt, keys).catch(() => {
      throw receiptInvalid()
    })
  }
  const known = await findBid(held.bid)
  const empty = new Uint8Array()
  const record: BidRecord = {
    bid: held.bid, owner: from.owner, tender, lot, round, title: facts.title, deadline: facts.deadline, phase: 'live',
    sealedAt: receipt?.receivedAt ?? new Date(now()).toISOString(), docsHash, revision: facts.docsHash === docsHash ? facts.revision : 0,
    submission: receipt?.submission ?? '', manifest: empty, box: empty, files: [], sizes: {}, prev: null, upload: null, replace: null,
    acceptedAt: receipt?.receivedAt ?? null, receipt: from.receipt?.trim() ?? null, proof: null, withdrawn: null, ended: null, checkedInAt: null,
    acknowledged: {}, diagnosed: [], forms: null, recovery: null, paused: false, receiptSaved: false,
    ...known,
    keyFile: from.keyFile,
    secret: await lock(from.owner, new Uint8Array(held.kBidder)),
    receiptKey: await importReceiptKey(held.receiptPrivate, pointOf(held.receiptPrivate)),
    kept: true,
  }
  await putBid(record)
  const mine = { id: `${from.owner} ${lot}`, owner: from.owner, lot, tender, title: facts.title, tenderTitle: facts.tenderTitle, deadline: facts.deadline }
  await (await database()).put('mine', { ...mine, seenAt: new Date(now()).toISOString() })
  return lot
}
