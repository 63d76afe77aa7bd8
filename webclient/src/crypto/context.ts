/** Where a sealed bid belongs: what every hash, derivation, envelope and cipher of it is bound to. */
import { type Bytes, random as fresh, type Random } from './bytes'
import { canon, type Json, sha256hex, unhex } from './canonical'
import { Invalid } from './errors'
import { Fields } from './fields'
import { checkSuite, hkdf, SUITE, VERSION } from './suite'

const CONTEXT_LABEL = 'kaibiao/context/v1'
export const MAX_PARTS = 8
export const PART_NAME = /^[a-z][a-z0-9-]{0,31}$/
const BID = /^b_[a-z2-7]{26}$/
const MEMBERS = ['version', 'suite', 'tender', 'lot', 'round', 'keysetHash', 'docsHash', 'bid'] as const

export type Facts = Readonly<Record<string, Json>>

/** A fresh identifier: prefix, underscore, 16 random bytes in lower-case base32 without padding. */
export function newId(prefix: string, random: Random = fresh): string {
  let number = 0n
  for (const byte of random(16)) number = (number << 8n) | BigInt(byte)
  number <<= 2n // 26 symbols hold 130 bits
  const symbols = Array.from({ length: 26 }, (_, i) => 'abcdefghijklmnopqrstuvwxyz234567'[Number((number >> BigInt(5 * (25 - i))) & 31n)])
  return `${prefix}_${symbols.join('')}`
}

/** The id of one sealing. A changed file is another sealing: new id, new secrets, new ciphertext. */
export const newBid = (random: Random = fresh): string => newId('b', random)

/** `bad-context` unless it has the form of a bid id. */
export function checkBid(bid: unknown): void {
  if (typeof bid !== 'string' || !BID.test(bid)) throw new Invalid('bad-context', 'a bid id is b_ and 26 letters and digits')
}

export interface ContextValue {
  version: string
  suite: string
  tender: string
  lot: string
  round: number
  keysetHash: string
  docsHash: string
  bid: string
}

/** Tender, lot (标段), round, keyset, documents and bid id: all that a copied envelope would get wrong. */
export class Context {
  readonly version: string
  readonly suite: string
  readonly tender: string
  readonly lot: string
  readonly round: number
  readonly keysetHash: string
  readonly docsHash: string
  readonly bid: string
  #hash: string | undefined

  constructor(value: ContextValue) {
    this.version = value.version
    this.suite = value.suite
    this.tender = value.tender
    this.lot = value.lot
    this.round = value.round
    this.keysetHash = value.keysetHash
    this.docsHash = value.docsHash
    this.bid = value.bid
  }

  /** The JSON object that stands in the manifest and in key files. */
  encode(): Record<string, Json> {
    return Object.fromEntries(MEMBERS.map((name) => [name, this[name]]))
  }

  /** SHA-256 of the labelled canonical context, in hex. */
  hash(): string {
    this.#hash ??= sha256hex(canon({ label: CONTEXT_LABEL, ...this.encode() }))
    return this.#hash
  }

  /** The prefix that ties a hash, an HKDF or HPKE info, or associated data to purpose and place. */
  bound(purpose: string, facts: Facts = {}): Bytes {
    return canon({ ...facts, ctx: this.hash(), label: this.version, purpose })
  }

  /** HKDF of `secret` for one purpose in this context, one key long. */
  derive(secret: Uint8Array, purpose: string, facts: Facts = {}): Bytes {
    return hkdf(secret, unhex(this.hash()), this.bound(purpose, facts))
  }

  /** The labelled hash of `data`, in hex. */
  commit(data: Uint8Array, purpose: string, facts: Facts = {}): string {
    return sha256hex(this.bound(purpose, facts), data)
  }
}

/** A context of the current version and suite, by default for a fresh bid id. */
export function newContext(
  tender: string,
  lot: string,
  { keysetHash, docsHash, bid, round = 1 }: { keysetHash: string; docsHash: string; bid?: string; round?: number },
): Context {
  return new Context({ version: VERSION, suite: SUITE, tender, lot, round, keysetHash, docsHash, bid: bid ?? newBid() })
}

/** The context in a parsed manifest or key file; `bad-context` or `unknown-suite`. */
export function parseContext(value: unknown): Context {
  const fields = new Fields(value, 'bad-context', MEMBERS)
  fields.label('version', VERSION)
  const suite = fields.text('suite')
  checkSuite(suite)
  const bid = fields.text('bid')
  checkBid(bid)
  return new Context({
    version: VERSION,
    suite,
    tender: fields.text('tender', 64),
    lot: fields.text('lot', 64),
    round: fields.integer('round', 1, 1000),
    keysetHash: fields.hash('keysetHash'),
    docsHash: fields.hash('docsHash'),
    bid,
  })
}

export const IDENTITY = 'identity'
/** The purpose under which the officers' half of a part's key is shared. */
export const hallPurpose = (part: string): string => `hall:${part}`
/** All secrets that are dealt to the officers of a bid with these parts. */
export const purposesOf = (parts: readonly string[]): string[] => [IDENTITY, ...parts.map(hallPurpose)]
