/** Receipts (投标回执) and the proof that follows them, checked against the log (docs/formats/receipt.md). */
import { type Item, rootOfProof } from './batch-tree'
import { canon, hex, type Json, parseCanonical, unb64 } from './canonical'
import { type Checkpoint, openCheckpoint, type Verifier } from './checkpoint'
import { verifyEd25519 } from './ed25519'
import { Invalid } from './errors'
import { type DisclosedEvent, leafOf } from './log-leaf'
import type { Manifest } from './manifest'
import { submissionOf } from './manifest'
import { verifyInclusion } from './merkle'

export const RECEIPT = 'kaibiao/receipt/v1'
export const WITHDRAWN = 'kaibiao/withdrawn/v1'
const SEALED_BATCH = 'kaibiao/sealed-batch/v1'

export interface Receipt {
  readonly label: typeof RECEIPT | typeof WITHDRAWN
  readonly tender: string
  readonly lot: string
  readonly bid: string
  readonly submission: string
  readonly receivedAt?: string
  readonly withdrawnAt?: string
  readonly keyId: string
  readonly signature: string
}

/** The receipt in a file; `receipt-unreadable` when it is none. The bytes must be canonical, but for a last newline. */
export function parseReceipt(data: Uint8Array): Receipt {
  let value: Json
  try {
    value = parseCanonical(data.at(-1) === 0x0a ? data.subarray(0, -1) : data, 64 << 10)
  } catch {
    value = null
  }
  const named = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, Json>) : {}
  const strings = ['tender', 'lot', 'bid', 'submission', 'keyId', 'signature'].every((name) => typeof named[name] === 'string')
  if (!strings || (named.label !== RECEIPT && named.label !== WITHDRAWN)) {
    throw new Invalid('receipt-unreadable', 'this is no receipt')
  }
  return named as unknown as Receipt
}

/** `receipt-forged` unless the platform's key named in the receipt signed it. `keys` are base64url by id. */
export async function verifyReceipt(receipt: Receipt, keys: Readonly<Record<string, string>>): Promise<void> {
  const refused = new Invalid('receipt-forged', 'this platform did not sign this receipt')
  const { signature, ...unsigned } = receipt as unknown as Record<string, Json>
  const key = Object.hasOwn(keys, receipt.keyId) ? keys[receipt.keyId] : undefined
  if (!key || typeof signature !== 'string') throw refused
  let good = false
  try {
    good = await verifyEd25519(unb64(key), canon(unsigned), unb64(signature))
  } catch (error) {
    if (!(error instanceof Invalid)) throw error
  }
  if (!good) throw refused
}

/** `receipt-mismatch` unless the receipt is for exactly this sealed bid. */
export function checkReceiptCovers(receipt: Receipt, manifest: Manifest, box: Uint8Array): void {
  const { tender, lot, bid } = manifest.ctx
  const wanted = { tender, lot, bid, submission: submissionOf(manifest, box) }
  for (const [name, value] of Object.entries(wanted)) {
    if (receipt[name as keyof Receipt] !== value) {
      throw new Invalid('receipt-mismatch', 'the receipt is for another bid, or for other bytes', { member: name })
    }
  }
}

/** `kaibiao/receipt-proof/v1` as the API gives it. */
export interface ReceiptProof {
  readonly submission: string
  readonly batch: number
  readonly depth: number
  readonly lots: number
  readonly root: string
  readonly token: string | null
  readonly stampedAt: string | null
  readonly item: Item & {
    readonly lot: string
    readonly position: number
    readonly salt: string
    readonly path: readonly string[]
    readonly lotPosition: number
    readonly lotPath: readonly string[]
  }
  readonly event: DisclosedEvent
  readonly inclusion: { readonly size: number; readonly path: readonly string[] }
  readonly checkpoint: string
}

export interface ProvenReceipt {
  readonly checkpoint: Checkpoint
  /** The leaf of the batch in the log, and when it was logged. */
  readonly index: number
  readonly at: string
  readonly batch: number
}

/**
 * The submission is in a sealed batch, the batch in the log, the log's root signed: `not-included`, `bad-batch`,
 * `note-forged` … say which step failed. `replaces` is the old submission when the receipt's bid replaced one.
 * The time stamp is checked by `time-stamp.ts`.
 */
export async function verifyReceiptProof(
  submission: string,
  proof: ReceiptProof,
  verifiers: readonly Verifier[],
): Promise<ProvenReceipt> {
  const { item, event, inclusion } = proof
  if (proof.submission !== submission || item.type !== 'submission' || item.hash !== submission) {
    throw new Invalid('bad-batch', 'the proof is for another submission')
  }
  const root = rootOfProof({
    item: { type: item.type, hash: item.hash },
    lot: item.lot,
    position: item.position,
    salt: unb64(item.salt),
    path: item.path.map(unb64),
    lotPosition: item.lotPosition,
    lots: proof.lots,
    lotPath: item.lotPath.map(unb64),
  })
  const body = event.body ?? {}
  const logged = event.stream === 'batches' && event.type === 'SealedBatch' && body.label === SEALED_BATCH
  if (hex(root) !== proof.root || !logged || body.root !== proof.root || body.batch !== proof.batch || item.path.length !== body.depth) {
    throw new Invalid('bad-batch', 'the item does not lead to the logged root')
  }
  const checkpoint = await openCheckpoint(proof.checkpoint, verifiers)
  if (checkpoint.size !== inclusion.size) {
    throw new Invalid('not-included', 'the proof and the checkpoint are of trees of different sizes')
  }
  verifyInclusion(leafOf(event), event.index, inclusion.size, inclusion.path.map(unb64), checkpoint.root)
  return { checkpoint, index: event.index, at: event.at, batch: proof.batch }
}

