/** Every key and commitment derived from a secret of a bid, one function each (docs/formats/sealed-bid.md). */
import { type Bytes, concat } from './bytes'
import { hex } from './canonical'
import type { Context } from './context'
import { Invalid } from './errors'

export const SECRET = 32

export function checkSecret(secret: Uint8Array, what: string): void {
  if (secret.length !== SECRET) throw new Invalid('bad-key', `${what} has ${secret.length} bytes, not ${SECRET}`)
}

/** K_bidder[p]: what the bidder releases for one part, telling nothing about the others. */
export function bidderPartKeyIn(ctx: Context, kBidder: Uint8Array, part: string): Bytes {
  checkSecret(kBidder, "the bidder's key")
  return ctx.derive(kBidder, 'bidder-part', { part })
}

/** What the manifest says K_bidder[p] is, in hex. */
export function bidderCommit(ctx: Context, part: string, partKey: Uint8Array): string {
  checkSecret(partKey, "the bidder's key of a part")
  return ctx.commit(partKey, 'bidder-commit', { part })
}

function both(bidder: Uint8Array, hall: Uint8Array): Bytes {
  checkSecret(bidder, "the bidder's key of a part")
  checkSecret(hall, "the officers' key of a part")
  return concat(bidder, hall)
}

/** DEK[p], from K_bidder[p] and K_hall[p]: neither side alone has it. */
export const dataKey = (ctx: Context, part: string, bidder: Uint8Array, hall: Uint8Array): Bytes =>
  ctx.derive(both(bidder, hall), 'content', { part })

/** keyCommit[p]: AES-GCM does not commit to its key, this does. */
export const keyCommit = (ctx: Context, part: string, bidder: Uint8Array, hall: Uint8Array): string =>
  hex(ctx.derive(both(bidder, hall), 'content-commit', { part }))

/** The key of the identity box. */
export function identityBoxKey(ctx: Context, kIdentity: Uint8Array): Bytes {
  checkSecret(kIdentity, 'the identity key')
  return ctx.derive(kIdentity, 'identity-box')
}

/** keyCommit of K_identity, in hex. */
export function identityCommit(ctx: Context, kIdentity: Uint8Array): string {
  checkSecret(kIdentity, 'the identity key')
  return hex(ctx.derive(kIdentity, 'identity-commit'))
}
