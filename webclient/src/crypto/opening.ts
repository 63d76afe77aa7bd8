/**
 * Opening a bid (开标): the officers' side, the bidder's side, and what anybody can check afterwards. Every step
 * verifies against the manifest before it returns.
 */
import { type Bytes, same } from './bytes'
import { IDENTITY } from './context'
import { checkDealing, checkShare, openEnvelope } from './dealing'
import { Invalid } from './errors'
import { identityCommit, bidderCommit, bidderPartKeyIn, dataKey, keyCommit } from './keys'
import { unwrapKeyFile } from './key-file'
import { type Manifest } from './manifest'
import { pointOf, type PrivateKey } from './p256'
import { formCommit, type OpenedForm, openStream, parseForm, parseHead, PayloadReader, type Write } from './payload'
import { combine } from './shares'
import { combinePieces, openWrap, recoveryKey } from './wraps'

/** An officer's own share, checked against its commitment; `envelope-mismatch` accuses the bidder. */
export async function openShare(manifest: Manifest, purpose: string, seatIndex: number, key: PrivateKey): Promise<Bytes> {
  const seat = manifest.seat(seatIndex)
  if (!same(key.point, seat.openingKey)) {
    throw new Invalid('wrong-opening-key', 'this opening key does not belong to that seat', { seat: seat.seat })
  }
  return openEnvelope(manifest.ctx, purpose, seat, manifest.dealtTo(purpose, seatIndex), key)
}

/** `false-share` unless this is the share the bidder committed to for that seat. */
export function verifyShare(manifest: Manifest, purpose: string, seatIndex: number, share: Uint8Array): void {
  checkShare(manifest.ctx, purpose, manifest.seat(seatIndex), manifest.dealtTo(purpose, seatIndex), share)
}

/**
 * The secret dealt under `purpose`, from at least k released shares by seat index. Every share is checked, then the
 * whole dealing is regenerated. `too-few-shares`, `false-share` (an officer), `dealing-mismatch` (the bidder).
 */
export async function reconstruct(manifest: Manifest, purpose: string, released: ReadonlyMap<number, Uint8Array>): Promise<Bytes> {
  const { ctx, k, seats } = manifest
  if (released.size < k) throw new Invalid('too-few-shares', `${released.size} shares of the ${k} that are needed`)
  for (const [index, share] of released) verifyShare(manifest, purpose, index, share)
  const chosen = [...released].sort(([a], [b]) => a - b).slice(0, k)
  const secret = combine(chosen.map(([, share]) => share))
  await checkDealing(ctx, purpose, secret, k, seats, manifest.dealt(purpose))
  if (purpose === IDENTITY && !same(identityCommit(ctx, secret), manifest.identity)) {
    throw new Invalid('bad-identity-key', 'the dealt secret is not the identity key the manifest commits to')
  }
  return secret
}

/** K_bidder[p], what a bidder releases in phase A; `wrong-bidder-key` when it would not be accepted. */
export function bidderPartKey(manifest: Manifest, kBidder: Uint8Array, part: string): Bytes {
  const key = bidderPartKeyIn(manifest.ctx, kBidder, part)
  verifyBidderKey(manifest, part, key)
  return key
}

/** `wrong-bidder-key` unless `key` is the released key the manifest commits to. */
export function verifyBidderKey(manifest: Manifest, part: string, key: Uint8Array): void {
  const commit = manifest.part(part).bidderCommit
  if (!same(bidderCommit(manifest.ctx, part, key), commit)) {
    throw new Invalid('wrong-bidder-key', 'the key is not the one this bid was sealed with', { part })
  }
}

/** K_bidder by recovery code; `bad-recovery-code`, `no-wrap` or `wrong-bidder-key`. */
export async function unwrapRecovery(manifest: Manifest, code: string): Promise<Uint8Array> {
  return checked(manifest, combinePieces([await openWrap(manifest, await recoveryKey(manifest.ctx, code))]))
}

/** K_bidder by a certificate's key, or by the keys of enough trustees. */
export async function unwrapWithKeys(manifest: Manifest, keys: readonly PrivateKey[]): Promise<Uint8Array> {
  return checked(manifest, combinePieces(await Promise.all(keys.map((key) => openWrap(manifest, key)))))
}

function checked(manifest: Manifest, kBidder: Uint8Array): Uint8Array {
  for (const part of manifest.parts.keys()) bidderPartKey(manifest, kBidder, part)
  return kBidder
}

/** The proof that one's own key file or recovery code opens one's own bid, before it is handed in. */
export async function proveOpens(
  manifest: Manifest,
  by: { keyFile: Uint8Array; passphrase: string } | { code: string },
): Promise<Uint8Array> {
  if ('code' in by) return unwrapRecovery(manifest, by.code)
  const held = await unwrapKeyFile(by.keyFile, by.passphrase)
  if (held.ctx.hash() !== manifest.ctx.hash()) throw new Invalid('wrong-bidder-key', 'the key file belongs to another bid')
  if (!same(pointOf(held.receiptPrivate), manifest.receiptKey)) {
    throw new Invalid('wrong-bidder-key', "the key file's receipt key is not this bid's")
  }
  return checked(manifest, held.kBidder)
}

/** DEK of a part from both halves; `key-commit-mismatch` (two-price ciphertexts end here). */
export function contentKey(manifest: Manifest, part: string, kBidderPart: Uint8Array, kHall: Uint8Array): Bytes {
  const { ctx } = manifest
  if (!same(keyCommit(ctx, part, kBidderPart, kHall), manifest.part(part).keyCommit)) {
    throw new Invalid('key-commit-mismatch', 'the two keys are not the ones the bid commits to', { part })
  }
  return dataKey(ctx, part, kBidderPart, kHall)
}

/** The form, from the first MiB of ciphertext alone, checked against formCommit. */
export async function readForm(manifest: Manifest, part: string, dek: Uint8Array, firstSegment: Uint8Array): Promise<OpenedForm> {
  const opener = await openStream(manifest.ctx, part, dek, firstSegment, manifest.part(part).size)
  const { form, nonce } = parseHead(await opener.open(0, firstSegment))
  verifyForm(manifest, part, form, nonce)
  return { form, fields: parseForm(manifest.ctx, part, form), nonce }
}

/** `form-commit-mismatch` unless this form is the sealed one: the public's own check of a price. */
export function verifyForm(manifest: Manifest, part: string, form: Uint8Array, nonce: Uint8Array): void {
  if (!same(formCommit(form, nonce), manifest.part(part).formCommit)) {
    throw new Invalid('form-commit-mismatch', 'the form is not the one the bid commits to', { part })
  }
}

/** Decrypts a whole part, handing its ZIP to `write`; `readSegment(i)` gives MiB i of the ciphertext. */
export async function decryptPayload(
  manifest: Manifest,
  part: string,
  dek: Uint8Array,
  readSegment: (index: number) => Promise<Uint8Array>,
  write: Write,
): Promise<void> {
  const facts = manifest.part(part)
  const first = await readSegment(0)
  const opener = await openStream(manifest.ctx, part, dek, first, facts.size)
  const reader = new PayloadReader(write)
  for (let index = 0; index < facts.segments; index += 1) {
    await reader.take(index, await opener.open(index, index === 0 ? first : await readSegment(index)))
  }
  reader.close()
}
