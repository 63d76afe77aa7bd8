/** What follows the platform's decision on an upload: the checked receipt, the end of a replaced bid, first reports. */
import { canon, type Json } from '@/crypto/canonical'
import { parseManifest } from '@/crypto/manifest'
import { checkReceiptCovers, parseReceipt, type Receipt, verifyReceipt, WITHDRAWN } from '@/crypto/receipt'
import { computerOff, uncertainty } from '@/clock'
import { ask } from '../anonymous'
import { receiptInvalid } from '../problems'
import { diagnose, speakerOf } from '../statements'
import { bidsOf, changeBid, findBid } from '../state/bids'
import type { BidRecord } from '../state/db'
import { removeParts } from '../state/opfs'
import type { UploadResult } from '../upload/messages'
import { environment } from '../selfcheck/environment'

export interface ReceiptKeys {
  keyId: string
  publicKey: string
  keys: Record<string, string>
}

/** The platform's signature, and that the receipt covers this very bid. Throws `receipt-invalid`. */
export async function checkReceipt(record: BidRecord, text: string): Promise<void> {
  const { keys } = await ask<ReceiptKeys>('/receipts/key')
  try {
    const receipt = parseReceipt(receiptBytes(text))
    await verifyReceipt(receipt, keys)
    checkCovers(receipt, record)
  } catch {
    throw receiptInvalid()
  }
}

/** For exactly this bid; one that was taken over from its key file has no manifest here, only its names. */
function checkCovers(receipt: Receipt, record: BidRecord): void {
  if (record.manifest.length) checkReceiptCovers(receipt, parseManifest(record.manifest), record.box)
  else if (receipt.bid !== record.bid || receipt.submission !== record.submission) throw receiptInvalid()
}

/** The platform's signed confirmation of a withdrawal. Throws `receipt-invalid`. */
export async function checkWithdrawn(record: BidRecord, answer: Record<string, string>): Promise<void> {
  const { keys } = await ask<ReceiptKeys>('/receipts/key')
  try {
    const receipt = parseReceipt(canon(answer))
    if (receipt.label !== WITHDRAWN) throw receiptInvalid()
    await verifyReceipt(receipt, keys)
    checkCovers(receipt, record)
  } catch {
    throw receiptInvalid()
  }
}

/** Write down what the platform decided. Throws `Problem` when its receipt does not hold. */
export async function settle(bid: string, result: UploadResult): Promise<void> {
  const record = await findBid(bid)
  if (!record) return
  if (result.refused) {
    await changeBid(bid, { phase: 'refused', ended: result.refused })
    await removeParts(bid)
    return
  }
  if (!result.receipt) return
  // Kept before it is checked: a receipt that does not hold is evidence too.
  await changeBid(bid, { receipt: result.receipt, acceptedAt: result.acceptedAt })
  await checkReceipt(record, result.receipt)
  await changeBid(bid, { phase: 'live' })
  await removeParts(bid)
  await endReplaced(record)
  await report(bid)
}

async function endReplaced(record: BidRecord): Promise<void> {
  if (!record.replace) return
  for (const other of await bidsOf(record.owner, record.lot)) {
    if (other.submission === record.replace.old && other.phase === 'live') await changeBid(other.bid, { phase: 'replaced' })
  }
}

/** First diagnostics under the receipt key; a report that fails harms nothing. */
async function report(bid: string): Promise<void> {
  const record = await findBid(bid)
  if (!record?.receiptKey) return
  const by = speakerOf(record, record.receiptKey)
  const upload = record.upload
  try {
    await diagnose(by, 'environment', environment())
    await diagnose(by, 'clock-offset', { milliseconds: String(computerOff.value), uncertainty: String(uncertainty.value) })
    await diagnose(by, 'upload-progress', {
      bytes: String(Object.values(record.sizes).reduce((sum, size) => sum + size, 0)),
      startedAt: upload?.startedAt ?? '',
      interruptions: String(upload?.interruptions ?? 0),
    })
    await changeBid(bid, { diagnosed: ['environment', 'clock-offset', 'upload-progress'] })
  } catch {
    // Not needed for anything; the bid stands.
  }
}

/** The receipt as a file, byte for byte as the platform signed it. */
export const receiptBytes = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(canon(JSON.parse(text) as Json))
