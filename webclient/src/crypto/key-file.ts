/**
 * Secrets at rest under a passphrase: the officer's opening-key file and the bidder's bid-key file
 * (docs/formats/key-file.md). scrypt is noble's, for WebCrypto has none; it runs in slices so that a page lives on.
 */
import { scryptAsync } from '@noble/hashes/scrypt.js'
import { type Bytes, random as fresh, type Random, same, utf8 } from './bytes'
import { b64, canon, type Json, parseCanonical, unb64 } from './canonical'
import { type Context, parseContext } from './context'
import { Invalid } from './errors'
import { Fields } from './fields'
import { pointOf, type PrivateKey, privateFromBytes } from './p256'
import { Aead, checkSuite, KEY, NONCE, SUITE } from './suite'

const LABEL = 'kaibiao/key-file/v1'
export const MAX_KEY_FILE = 16 << 10
const MEMBERS = ['label', 'kind', 'suite', 'facts', 'kdf', 'nonce', 'sealed']

/** scrypt's parameters: 128 · r · 2^logN bytes of memory, p times. The default is OWASP's 32 MiB row. */
export interface Cost {
  readonly logN: number
  readonly r: number
  readonly p: number
}
const COST: Cost = { logN: 15, r: 8, p: 3 }

interface Options {
  cost?: Cost
  random?: Random
}

/** What opens, withdraws and replaces one bid. Whoever holds it is the bidder. */
export interface BidSecrets {
  readonly bid: string
  readonly ctx: Context
  readonly kBidder: Bytes
  readonly receiptPrivate: Bytes
}

/** The bid-key file. */
export function wrapBidKey(
  held: { ctx: Context; kBidder: Uint8Array; receiptPrivate: Uint8Array },
  passphrase: string,
  options: Options = {},
): Promise<Bytes> {
  const secret = { kBidder: b64(held.kBidder), receiptPrivate: b64(held.receiptPrivate) }
  return wrap('bid-key', { ctx: held.ctx.encode() }, secret, passphrase, options)
}

/** The secrets of a bid-key file; `bad-key-file`, or `wrong-passphrase` when it does not open. */
export async function unwrapKeyFile(data: Uint8Array, passphrase: string): Promise<BidSecrets> {
  const { facts, secret } = await unwrap('bid-key', data, passphrase, ['ctx'], ['kBidder', 'receiptPrivate'])
  const ctx = parseContext(facts.raw('ctx'))
  return {
    bid: ctx.bid,
    ctx,
    kBidder: secret.data('kBidder', { size: 32 }),
    receiptPrivate: secret.data('receiptPrivate', { size: 32 }),
  }
}

export interface OpeningKeyPlace {
  readonly tender: string
  readonly lot: string
  readonly seat: string
}

/** An officer's unlocked opening key and the seat it belongs to. `scalar` is for wrapping anew at a handover. */
export interface OpeningKey extends OpeningKeyPlace {
  readonly scalar: Bytes
  readonly private: PrivateKey
}

/** The officer's opening-key file for one seat of one lot. */
export function wrapOpeningKey(scalar: Uint8Array, passphrase: string, place: OpeningKeyPlace, options: Options = {}): Promise<Bytes> {
  const { tender, lot, seat } = place
  const facts = { tender, lot, seat, openingKey: b64(pointOf(scalar)) }
  return wrap('opening-key', facts, { private: b64(scalar) }, passphrase, options)
}

/** The key in an opening-key file; `bad-key-file` or `wrong-passphrase`. */
export async function unwrapOpeningKey(data: Uint8Array, passphrase: string): Promise<OpeningKey> {
  const names = ['tender', 'lot', 'seat', 'openingKey']
  const { facts, secret } = await unwrap('opening-key', data, passphrase, names, ['private'])
  const scalar = secret.data('private', { size: 32 })
  const point = pointOf(scalar)
  if (!same(point, unb64(facts.text('openingKey')))) {
    throw new Invalid('bad-key-file', 'the private key does not belong to the public one')
  }
  const place = { tender: facts.text('tender'), lot: facts.text('lot'), seat: facts.text('seat') }
  return { ...place, scalar, private: await privateFromBytes(scalar, point) }
}

/** What a key file says without its passphrase: whose file it is. */
export type KeyFileFacts =
  | { readonly kind: 'bid-key'; readonly ctx: Context }
  | ({ readonly kind: 'opening-key'; readonly openingKey: Bytes } & OpeningKeyPlace)

export function readKeyFile(data: Uint8Array): KeyFileFacts {
  const fields = new Fields(parseCanonical(data, MAX_KEY_FILE), 'bad-key-file', MEMBERS)
  fields.label('label', LABEL)
  const facts = fields.inner('facts')
  const kind = fields.text('kind')
  if (kind === 'bid-key') return { kind, ctx: parseContext(facts.raw('ctx')) }
  if (kind !== 'opening-key') throw new Invalid('bad-key-file', 'a key file of another kind')
  const openingKey = facts.data('openingKey', { size: 65 })
  return { kind, openingKey, tender: facts.text('tender'), lot: facts.text('lot'), seat: facts.text('seat') }
}

async function wrap(
  kind: string,
  facts: Record<string, Json>,
  secret: Record<string, Json>,
  passphrase: string,
  { cost = COST, random = fresh }: Options,
): Promise<Bytes> {
  const kdf = { name: 'scrypt', logN: cost.logN, r: cost.r, p: cost.p, salt: b64(random(16)) }
  const head: Record<string, Json> = { label: LABEL, kind, suite: SUITE, facts, kdf, nonce: b64(random(NONCE)) }
  const { aead, nonce, associated } = await cipher(head, passphrase)
  return canon({ ...head, sealed: b64(await aead.seal(nonce, canon(secret), associated)) })
}

async function unwrap(
  kind: string,
  data: Uint8Array,
  passphrase: string,
  facts: readonly string[],
  secret: readonly string[],
): Promise<{ facts: Fields; secret: Fields }> {
  const fields = new Fields(parseCanonical(data, MAX_KEY_FILE), 'bad-key-file', MEMBERS)
  fields.label('label', LABEL)
  fields.label('kind', kind)
  const sealed = fields.data('sealed', { limit: MAX_KEY_FILE })
  const { sealed: _sealed, ...head } = fields.value
  const { aead, nonce, associated } = await cipher(head, passphrase)
  const plain = await aead.open(nonce, sealed, associated)
  if (!plain) throw new Invalid('wrong-passphrase', 'the passphrase is not the one, or the file was altered')
  return {
    facts: fields.inner('facts', facts),
    secret: new Fields(parseCanonical(plain, MAX_KEY_FILE), 'bad-key-file', secret),
  }
}

/** The cipher under the passphrase; the whole readable head is associated data. */
async function cipher(head: Record<string, Json>, passphrase: string): Promise<{ aead: Aead; nonce: Bytes; associated: Bytes }> {
  const fields = new Fields(head, 'bad-key-file')
  checkSuite(fields.text('suite'))
  const kdf = fields.inner('kdf', ['name', 'logN', 'r', 'p', 'salt'])
  kdf.label('name', 'scrypt')
  const salt = kdf.data('salt', { size: 16 })
  // The upper bounds keep a hostile file from costing more than 1 GiB or some seconds.
  const N = 2 ** kdf.integer('logN', 10, 20)
  const r = kdf.integer('r', 1, 8)
  const p = kdf.integer('p', 1, 8)
  const key = await scryptAsync(utf8(passphrase.normalize('NFC')), salt, { N, r, p, dkLen: KEY, maxmem: 2 ** 31 })
  return { aead: await Aead.of(key), nonce: fields.data('nonce', { size: NONCE }), associated: canon(head) }
}
