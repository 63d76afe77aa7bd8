/**
 * Sealing a bid (封标): from a form, files and a certificate to a package that only the opening can open. Everything
 * secret is drawn afresh and leaves only in the bid-key file and on the recovery sheet.
 */
import { type Bytes, random as fresh, type Random } from '../bytes'
import { type Context, hallPurpose, IDENTITY } from '../context'
import { deal } from '../dealing'
import { Invalid } from '../errors'
import { type IdentityInput, sealIdentity, type SealSigner } from '../identity'
import { bidderCommit, bidderPartKeyIn, identityCommit, keyCommit } from '../keys'
import { type Cost, wrapBidKey } from '../key-file'
import { type Keyset, verifyKeyset } from '../keyset'
import { Manifest, type PartFacts, submissionOf } from '../manifest'
import { pointOf } from '../p256'
import { formCommit } from '../payload'
import { SEGMENT } from '../stream'
import { type Recipients, recoverySheet, wrapSlots } from '../wraps'
import { type SealedPart, sealPart, type SealPartOptions, type SegmentSink } from './part'
import { type PartInput, type PartPlan, planParts } from './plan'
import { checkSameInput, drawSecrets, type SealingState } from './state'

export interface SealInput {
  readonly ctx: Context
  readonly keyset: Keyset
  readonly parts: readonly PartInput[]
  /** The submission this bid replaces. */
  readonly prev?: string | null
}

export interface FinishInput extends Recipients {
  identity: IdentityInput
  signer: SealSigner
  at?: Date
}

/** What is uploaded, and what names it. */
export interface Finished {
  readonly bid: string
  readonly submission: string
  readonly manifest: Manifest
  readonly manifestBytes: Bytes
  readonly box: Bytes
}

/** One sealing from its first secret to the manifest. */
export class SealingJob {
  private readonly sealed = new Map<string, SealedPart>()

  private constructor(
    readonly keyset: Keyset,
    readonly plans: readonly PartPlan[],
    /** Secret; see `state.ts` for how it may be kept. */
    readonly state: SealingState,
    private readonly random: Random,
  ) {}

  /** Verifies the keyset, plans the parts and draws all secrets. */
  static async start(input: SealInput, random: Random = fresh): Promise<SealingJob> {
    await checkPlace(input)
    const plans = planParts(input.ctx, input.parts)
    return new SealingJob(input.keyset, plans, drawSecrets(input.ctx, plans, input.prev ?? null, random), random)
  }

  /** Goes on with kept secrets and the same form and files; `file-changed` when they are others. */
  static async resume(keyset: Keyset, state: SealingState, parts: readonly PartInput[]): Promise<SealingJob> {
    await checkPlace({ keyset, ctx: state.ctx, parts })
    const plans = planParts(state.ctx, parts)
    checkSameInput(state, plans)
    return new SealingJob(keyset, plans, state, fresh)
  }

  get ctx(): Context {
    return this.state.ctx
  }

  get recoveryCode(): string {
    return this.state.recoveryCode
  }

  /** The recovery sheet (恢复单) as text. */
  get recoverySheet(): string {
    return recoverySheet(this.ctx, this.recoveryCode)
  }

  /** Bytes of ciphertext of all parts: what is uploaded but for the box. */
  get size(): number {
    return this.plans.reduce((sum, plan) => sum + plan.size, 0)
  }

  plan(part: string): PartPlan {
    const plan = this.plans.find((each) => each.name === part)
    if (!plan) throw new Invalid('unknown-part', 'the bid has no such part', { part })
    return plan
  }

  private secrets(part: string) {
    const found = this.state.parts.find((each) => each.name === part)
    if (!found) throw new Invalid('unknown-part', 'the bid has no such part', { part })
    return { ...found.secrets, kBidder: this.state.kBidder }
  }

  /** Seals a part into `sink`. Given `known` leaves it only ever repeats the very same ciphertext. */
  async seal(part: string, sink: SegmentSink, options: SealPartOptions = {}): Promise<SealedPart> {
    const before = this.sealed.get(part)
    const known = options.known ?? (before ? new Map(before.leaves.entries()) : undefined)
    const sealed = await sealPart(this.ctx, this.plan(part), this.secrets(part), sink, { ...options, ...(known && { known }) })
    this.sealed.set(part, sealed)
    return sealed
  }

  /** The bid-key file under a passphrase. */
  keyFile(passphrase: string, options: { cost?: Cost } = {}): Promise<Bytes> {
    const { ctx, kBidder, receiptPrivate } = this.state
    return wrapBidKey({ ctx, kBidder, receiptPrivate }, passphrase, { ...options, random: this.random })
  }

  /** Manifest and signed identity box, once all parts are sealed. */
  async finish({ identity, signer, at, ...recipients }: FinishInput): Promise<Finished> {
    const { ctx, kBidder, kIdentity, receiptPrivate, prev } = this.state
    const { k, seats } = this.keyset
    const parts = new Map(this.plans.map(({ name }) => [name, this.facts(name)]))
    const purposes: [string, Uint8Array][] = [
      [IDENTITY, kIdentity],
      ...this.plans.map(({ name }): [string, Uint8Array] => [hallPurpose(name), this.secrets(name).kHall]),
    ]
    const shares = await Promise.all(purposes.map(async ([name, secret]) => [name, await deal(ctx, name, secret, k, seats)] as const))
    const manifest = new Manifest({
      ctx,
      k,
      seats,
      parts,
      identity: identityCommit(ctx, kIdentity),
      shares: new Map(shares),
      wraps: await wrapSlots(ctx, kBidder, this.recoveryCode, recipients, this.random),
      receiptKey: pointOf(receiptPrivate),
      prev,
    })
    const box = await sealIdentity(manifest, kIdentity, identity, signer, { ...(at && { at }), random: this.random })
    return { bid: ctx.bid, submission: submissionOf(manifest, box), manifest, manifestBytes: manifest.encode(), box }
  }

  private facts(part: string): PartFacts {
    const sealed = this.sealed.get(part)
    if (!sealed) throw new Invalid('bad-parts', 'a part is not sealed yet', { part })
    const secrets = this.secrets(part)
    const bidder = bidderPartKeyIn(this.ctx, secrets.kBidder, part)
    return {
      name: part,
      size: sealed.segments * SEGMENT,
      segments: sealed.segments,
      root: sealed.root,
      keyCommit: keyCommit(this.ctx, part, bidder, secrets.kHall),
      bidderCommit: bidderCommit(this.ctx, part, bidder),
      formCommit: formCommit(this.plan(part).form, secrets.formNonce),
    }
  }
}

async function checkPlace({ ctx, keyset }: SealInput): Promise<void> {
  await verifyKeyset(keyset)
  if (ctx.keysetHash !== keyset.hash() || ctx.tender !== keyset.tender || ctx.lot !== keyset.lot) {
    throw new Invalid('wrong-keyset', 'the context names another keyset than the one to seal to')
  }
}

export interface Sealed extends Finished {
  readonly keyFile: Bytes
  readonly recoveryCode: string
  readonly recoverySheet: string
  readonly receiptPrivate: Bytes
}

export interface SealBidInput extends SealInput, FinishInput {
  passphrase: string
  cost?: Cost
}

/** A whole bid in one call: every part into the sink that `sinkFor` gives, then manifest, box and key file. */
export async function sealBid(
  { ctx, keyset, parts, prev = null, passphrase, cost, ...finish }: SealBidInput,
  sinkFor: (part: string) => SegmentSink | Promise<SegmentSink>,
  { progress, random = fresh, ...options }: Omit<SealPartOptions, 'progress' | 'known' | 'wanted'> & {
    progress?: (part: string, done: number, total: number) => void
    random?: Random
  } = {},
): Promise<Sealed> {
  const job = await SealingJob.start({ ctx, keyset, parts, prev }, random)
  for (const { name } of job.plans) {
    await job.seal(name, await sinkFor(name), { ...options, progress: (done, total) => progress?.(name, done, total) })
  }
  const finished = await job.finish(finish)
  return {
    ...finished,
    keyFile: await job.keyFile(passphrase, cost && { cost }),
    recoveryCode: job.recoveryCode,
    recoverySheet: job.recoverySheet,
    receiptPrivate: job.state.receiptPrivate,
  }
}
