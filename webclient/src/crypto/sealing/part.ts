/** Sealing one part: several segments in WebCrypto at once, each handed on as soon as it is done. */
import { same } from '../bytes'
import { hex } from '../canonical'
import { type Context } from '../context'
import { Invalid } from '../errors'
import { bidderPartKeyIn, dataKey } from '../keys'
import { associatedData } from '../payload'
import { type SealedSegment, SEGMENT, StreamSealer, merkleRoot } from '../stream'
import { Assembler, confirmUnchanged, type Segment } from './assemble'
import { type Gate, Lanes } from './gate'
import { type PartPlan, piecesOf } from './plan'
import type { PartSecrets } from './state'

/**
 * Where ciphertext goes. Segments come out of order: write each at `index * SEGMENT`. `segment` belongs to the sink
 * until its promise resolves, and sealing waits for it (backpressure).
 */
export interface SegmentSink {
  write(index: number, segment: Uint8Array<ArrayBuffer>): Promise<void> | void
}

export interface SealPartOptions {
  /** Segments in WebCrypto or in the sink at once. */
  inFlight?: number
  signal?: AbortSignal
  gate?: Gate
  /** Ciphertext bytes done and in all, and how many segments. */
  progress?: (done: number, total: number) => void
  /** Told of every leaf before its ciphertext leaves: keep it, and it can be given as `known` later. */
  leaf?: (index: number, leaf: Uint8Array<ArrayBuffer>) => Promise<void> | void
  /** Leaves of ciphertext that has left already: another one for the same segment is `file-changed`. */
  known?: ReadonlyMap<number, Uint8Array>
  /** Only these segments go to the sink; all of them are sealed and compared all the same. */
  wanted?: (index: number) => boolean
}

export interface SealedPart {
  readonly segments: number
  readonly root: string
  readonly leaves: readonly Uint8Array<ArrayBuffer>[]
}

/** The DEK never leaves this function; K_bidder and K_hall come from the state of the sealing. */
export async function sealPart(
  ctx: Context,
  plan: PartPlan,
  secrets: PartSecrets & { kBidder: Uint8Array },
  sink: SegmentSink,
  options: SealPartOptions = {},
): Promise<SealedPart> {
  const dek = dataKey(ctx, plan.name, bidderPartKeyIn(ctx, secrets.kBidder, plan.name), secrets.kHall)
  const { segments } = plan
  const { salt, prefix } = secrets
  const sealer = await StreamSealer.of(dek, associatedData(ctx, plan.name), { segments, salt, prefix })
  const lanes = new Lanes(options.inFlight ?? 6)
  const leaves = new Array<Uint8Array<ArrayBuffer>>(segments)
  let done = 0

  const hand = async ({ index }: Segment, sealed: SealedSegment): Promise<void> => {
    leaves[index] = sealed.leaf
    checkKnown(plan.name, index, sealed.leaf, options.known)
    await options.leaf?.(index, sealed.leaf)
    if (options.wanted?.(index) ?? true) await sink.write(index, sealed.bytes)
    sealed.release()
    done += 1
    options.progress?.(done * SEGMENT, segments * SEGMENT)
  }
  const emit = (segment: Segment): Promise<void> =>
    lanes.run(async () => {
      await hand(segment, await sealer.seal(segment.index, segment.plain))
    })
  const before = async (): Promise<void> => {
    await options.gate?.pass(options.signal)
    options.signal?.throwIfAborted()
  }
  const assembler = new Assembler(plan, piecesOf(plan, secrets.formNonce), emit, before)
  try {
    await assembler.run()
  } finally {
    await lanes.drain()
  }
  options.signal?.throwIfAborted()
  await confirmUnchanged(plan.files, assembler.samples)
  return { segments, root: hex(merkleRoot(leaves)), leaves }
}

/**
 * The same key and nonces may only ever meet the same plaintext. A file that changed since gives another leaf, and
 * its ciphertext goes nowhere.
 */
function checkKnown(part: string, index: number, leaf: Uint8Array, known?: ReadonlyMap<number, Uint8Array>): void {
  const before = known?.get(index)
  if (before && !same(before, leaf)) {
    throw new Invalid('file-changed', 'the files are not those that were sealed before', { part, segment: index, why: 'content' })
  }
}
