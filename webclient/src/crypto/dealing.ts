/**
 * Dealing a secret to the officers so that whoever learns it deals it again and compares: coefficients and the
 * ephemeral key of every envelope are HKDF outputs of the secret itself (docs/formats/shares.md).
 */
import { type Bytes, same } from './bytes'
import type { Context } from './context'
import { Invalid } from './errors'
import { hpkeOpen, hpkeSeal } from './hpke'
import { checkSecret } from './keys'
import type { PrivateKey } from './p256'
import { split } from './shares'

/** An officer's place in a dealing: its index is the share's x coordinate; the key is a public point. */
export interface Seat {
  readonly index: number
  readonly seat: string
  readonly openingKey: Uint8Array
}

/** What the manifest says of one share: its commitment (hex) and its envelope to the seat. */
export interface DealtShare {
  readonly commit: string
  readonly envelope: Uint8Array
}

export type Dealing = ReadonlyMap<number, DealtShare>

const facts = (purpose: string, { seat, index }: Seat) => ({ secret: purpose, seat, index })

/** The commitment of one seat's share, in hex. */
export const shareCommit = (ctx: Context, purpose: string, seat: Seat, share: Uint8Array): string =>
  ctx.commit(share, 'share', facts(purpose, seat))

/** The HPKE info of one seat's envelope: with less, a copied envelope would open elsewhere. */
export const envelopeInfo = (ctx: Context, purpose: string, seat: Seat): Bytes =>
  ctx.bound('share-envelope', facts(purpose, seat))

/** The shares of `secret` in the order of `seats`. */
export function dealShares(ctx: Context, purpose: string, secret: Uint8Array, k: number, seats: readonly Seat[]): Bytes[] {
  checkSecret(secret, 'a dealt secret')
  const coefficients = Array.from({ length: k - 1 }, (_, i) =>
    ctx.derive(secret, 'share-coefficient', { secret: purpose, power: i + 1, k }),
  )
  return split(secret, coefficients, seats.map((seat) => seat.index))
}

/** The whole dealing of `secret` under `purpose`, by seat index. */
export async function deal(
  ctx: Context,
  purpose: string,
  secret: Uint8Array,
  k: number,
  seats: readonly Seat[],
): Promise<Map<number, DealtShare>> {
  const shares = dealShares(ctx, purpose, secret, k, seats)
  const dealt = await Promise.all(
    seats.map(async (seat, i): Promise<[number, DealtShare]> => {
      const share = shares[i] ?? new Uint8Array()
      const envelope = await hpkeSeal(seat.openingKey, share, {
        info: envelopeInfo(ctx, purpose, seat),
        ephemeralIkm: ctx.derive(secret, 'share-ephemeral', facts(purpose, seat)),
      })
      return [seat.index, { commit: shareCommit(ctx, purpose, seat, share), envelope }]
    }),
  )
  return new Map(dealt)
}

/** The share in `seat`'s envelope; `envelope-mismatch` unless it opens to the committed one. */
export async function openEnvelope(
  ctx: Context,
  purpose: string,
  seat: Seat,
  dealt: DealtShare,
  key: PrivateKey,
): Promise<Bytes> {
  try {
    const share = await hpkeOpen(key, dealt.envelope, { info: envelopeInfo(ctx, purpose, seat) })
    checkShare(ctx, purpose, seat, dealt, share)
    return share
  } catch (error) {
    if (!(error instanceof Invalid)) throw error
    throw new Invalid('envelope-mismatch', error.detail, { purpose, seat: seat.seat })
  }
}

/** `false-share` unless `share` is the one committed to for `seat`. */
export function checkShare(ctx: Context, purpose: string, seat: Seat, dealt: DealtShare, share: Uint8Array): void {
  const rightPlace = share.length > 1 && share.at(-1) === seat.index
  if (!rightPlace || !same(shareCommit(ctx, purpose, seat, share), dealt.commit)) {
    throw new Invalid('false-share', 'the share is not the one the manifest commits to', { purpose, seat: seat.seat })
  }
}

/** `dealing-mismatch` unless dealing `secret` again gives exactly `dealt`, envelopes included. */
export async function checkDealing(
  ctx: Context,
  purpose: string,
  secret: Uint8Array,
  k: number,
  seats: readonly Seat[],
  dealt: Dealing,
): Promise<void> {
  const again = await deal(ctx, purpose, secret, k, seats)
  const equal = [...again].every(([index, share]) => {
    const given = dealt.get(index)
    return given?.commit === share.commit && same(given.envelope, share.envelope)
  })
  if (!equal || again.size !== dealt.size) {
    throw new Invalid('dealing-mismatch', 'the bidder did not deal this secret to all seats by the rule', { purpose })
  }
}
