/** The manifest of a sealed bid: what becomes public of it, and what everything else hangs from (sealed-bid.md). */
import { type Bytes, same } from './bytes'
import { b64, canon, type Json, parseCanonical, sha256hex } from './canonical'
import { type Context, MAX_PARTS, parseContext, PART_NAME, purposesOf } from './context'
import type { DealtShare, Dealing, Seat } from './dealing'
import { Invalid } from './errors'
import { Fields } from './fields'
import type { Keyset } from './keyset'
import { checkPoint } from './p256'
import { MAX_SEATS } from './shares'
import { isBucket, MAX_SEGMENTS, SEGMENT } from './stream'
import { HPKE_OVERHEAD, KEY, POINT } from './suite'
import { SLOT_SIZE, SLOTS } from './wraps'

const MANIFEST_LABEL = 'kaibiao/manifest/v1'
const SUBMISSION_LABEL = 'kaibiao/submission/v1'
export const MAX_MANIFEST = 256 << 10
const MEMBERS = ['label', 'ctx', 'k', 'seats', 'parts', 'identity', 'shares', 'wraps', 'receiptKey', 'prev']
const PART = ['name', 'size', 'segments', 'root', 'keyCommit', 'bidderCommit', 'formCommit']

/** One part as sealed: ciphertext `size` in bytes, its root, and three commitments (hex). */
export interface PartFacts {
  readonly name: string
  readonly size: number
  readonly root: string
  readonly keyCommit: string
  readonly bidderCommit: string
  readonly formCommit: string
  readonly segments: number
}

export interface ManifestValue {
  readonly ctx: Context
  readonly k: number
  readonly seats: readonly Seat[]
  readonly parts: ReadonlyMap<string, PartFacts>
  /** Commits to K_identity, hex. */
  readonly identity: string
  /** By purpose, then seat index. */
  readonly shares: ReadonlyMap<string, Dealing>
  readonly wraps: readonly Bytes[]
  readonly receiptKey: Bytes
  readonly prev: string | null
}

export class Manifest implements ManifestValue {
  readonly ctx: Context
  readonly k: number
  readonly seats: readonly Seat[]
  readonly parts: ReadonlyMap<string, PartFacts>
  readonly identity: string
  readonly shares: ReadonlyMap<string, Dealing>
  readonly wraps: readonly Bytes[]
  readonly receiptKey: Bytes
  readonly prev: string | null
  #encoded: Bytes | undefined

  constructor(value: ManifestValue) {
    this.ctx = value.ctx
    this.k = value.k
    this.seats = value.seats
    this.parts = value.parts
    this.identity = value.identity
    this.shares = value.shares
    this.wraps = value.wraps
    this.receiptKey = value.receiptKey
    this.prev = value.prev
  }

  get n(): number {
    return this.seats.length
  }

  get bid(): string {
    return this.ctx.bid
  }

  part(name: string): PartFacts {
    const facts = this.parts.get(name)
    if (!facts) throw new Invalid('unknown-part', 'the bid has no such part', { part: name })
    return facts
  }

  seat(index: number): Seat {
    const seat = Number.isInteger(index) ? this.seats[index - 1] : undefined
    if (!seat) throw new Invalid('unknown-seat', 'the bid was not sealed to such a seat', { index })
    return seat
  }

  dealt(purpose: string): Dealing {
    const found = this.shares.get(purpose)
    if (!found) throw new Invalid('unknown-purpose', 'the bid deals no such secret', { purpose })
    return found
  }

  /** What the seat at `index` was dealt of the secret under `purpose`. */
  dealtTo(purpose: string, index: number): DealtShare {
    this.seat(index)
    const dealt = this.dealt(purpose).get(index)
    if (!dealt) throw new Invalid('unknown-seat', 'the bid was not sealed to such a seat', { index })
    return dealt
  }

  encode(): Bytes {
    this.#encoded ??= canon(encoded(this))
    return this.#encoded
  }

  /** SHA-256 of the canonical bytes, in hex. */
  hash(): string {
    return sha256hex(this.encode())
  }
}

function encoded(manifest: ManifestValue): Json {
  return {
    label: MANIFEST_LABEL,
    ctx: manifest.ctx.encode(),
    k: manifest.k,
    seats: manifest.seats.map(({ index, seat, openingKey }) => ({ index, seat, openingKey: b64(openingKey) })),
    parts: [...manifest.parts.values()].map((part) => ({
      name: part.name,
      size: String(part.size),
      segments: part.segments,
      root: part.root,
      keyCommit: part.keyCommit,
      bidderCommit: part.bidderCommit,
      formCommit: part.formCommit,
    })),
    identity: { keyCommit: manifest.identity },
    shares: Object.fromEntries(
      [...manifest.shares].map(([purpose, dealt]) => [
        purpose,
        [...dealt.values()].map(({ commit, envelope }) => ({ commit, envelope: b64(envelope) })),
      ]),
    ),
    wraps: manifest.wraps.map(b64),
    receiptKey: b64(manifest.receiptKey),
    prev: manifest.prev,
  }
}

/** The manifest in its canonical bytes; `bad-manifest` and the refusals of its parts otherwise. */
export function parseManifest(data: Uint8Array): Manifest {
  const fields = new Fields(parseCanonical(data, MAX_MANIFEST), 'bad-manifest', MEMBERS)
  fields.label('label', MANIFEST_LABEL)
  const ctx = parseContext(fields.raw('ctx'))
  const seats = fields.items('seats', 1, MAX_SEATS).map(parseSeat)
  if (seats.some((seat, i) => seat.index !== i + 1)) {
    throw new Invalid('bad-manifest', 'seat indices must be 1, 2, 3 … in order')
  }
  const parts = fields.items('parts', 1, MAX_PARTS).map(parsePart)
  const names = parts.map((part) => part.name)
  if (new Set(names).size !== names.length) throw new Invalid('bad-manifest', 'two parts have the same name')
  const shares = fields.inner('shares', purposesOf(names))
  const receiptKey = fields.data('receiptKey', { size: POINT })
  checkPoint(receiptKey)
  return new Manifest({
    ctx,
    k: fields.integer('k', 1, seats.length),
    seats,
    parts: new Map(parts.map((part) => [part.name, part])),
    identity: fields.inner('identity', ['keyCommit']).hash('keyCommit'),
    shares: new Map(purposesOf(names).map((name) => [name, parseDealt(shares, name, seats.length)])),
    wraps: fields.items('wraps', SLOTS, SLOTS).map((slot) => new Fields({ slot }, 'bad-manifest').data('slot', { size: SLOT_SIZE })),
    receiptKey,
    prev: fields.optionalHash('prev'),
  })
}

function parseSeat(value: Json): Seat {
  const fields = new Fields(value, 'bad-manifest', ['index', 'seat', 'openingKey'])
  return {
    index: fields.integer('index', 1, MAX_SEATS),
    seat: fields.text('seat', 64),
    openingKey: fields.data('openingKey', { size: POINT }),
  }
}

function parsePart(value: Json): PartFacts {
  const fields = new Fields(value, 'bad-manifest', PART)
  const part: PartFacts = {
    name: fields.text('name', 32),
    size: fields.decimal('size', MAX_SEGMENTS * SEGMENT),
    root: fields.hash('root'),
    keyCommit: fields.hash('keyCommit'),
    bidderCommit: fields.hash('bidderCommit'),
    formCommit: fields.hash('formCommit'),
    segments: fields.integer('segments', 1, MAX_SEGMENTS),
  }
  if (!PART_NAME.test(part.name)) {
    throw new Invalid('bad-manifest', "a part's name is lower-case letters, digits and hyphens")
  }
  if (part.size !== part.segments * SEGMENT || !isBucket(part.segments)) {
    throw new Invalid('bad-manifest', "a part's size is not one that padding gives")
  }
  return part
}

function parseDealt(shares: Fields, purpose: string, n: number): Dealing {
  const envelope = HPKE_OVERHEAD + KEY + 1
  return new Map(
    shares.items(purpose, n, n).map((value, i): [number, DealtShare] => {
      const fields = new Fields(value, 'bad-manifest', ['commit', 'envelope'])
      return [i + 1, { commit: fields.hash('commit'), envelope: fields.data('envelope', { size: envelope }) }]
    }),
  )
}

/** `wrong-keyset`, `wrong-documents` or `wrong-round` unless the bid is sealed for exactly this lot. */
export function verifyManifest(
  manifest: Manifest,
  keyset: Keyset,
  { docsHashes, round }: { docsHashes?: ReadonlySet<string>; round?: number } = {},
): void {
  const { ctx } = manifest
  if (!same(ctx.keysetHash, keyset.hash())) {
    throw new Invalid('wrong-keyset', 'the bid is sealed to other officers than the published ones')
  }
  if (ctx.tender !== keyset.tender || ctx.lot !== keyset.lot) {
    throw new Invalid('wrong-keyset', 'the bid is sealed for another tender or lot')
  }
  const { seats } = keyset
  const equal = manifest.seats.every((seat, i) => {
    const other = seats[i]
    return other && seat.index === other.index && seat.seat === other.seat && same(seat.openingKey, other.openingKey)
  })
  if (manifest.k !== keyset.k || manifest.n !== keyset.n || !equal) {
    throw new Invalid('wrong-keyset', "the manifest's seats are not those of the keyset")
  }
  if (docsHashes && !docsHashes.has(ctx.docsHash)) {
    throw new Invalid('wrong-documents', 'the bid is sealed against a revision of the documents that is not valid')
  }
  if (round !== undefined && ctx.round !== round) {
    throw new Invalid('wrong-round', 'the bid is sealed for another round', { round: ctx.round })
  }
}

/** The submission: SHA-256 of the canonical hashes of manifest, box and each part's ciphertext. */
export const submissionHash = (manifestHash: string, boxHash: string, roots: Readonly<Record<string, string>>): string =>
  sha256hex(canon({ label: SUBMISSION_LABEL, manifestHash, boxHash, roots }))

/** The submission of a manifest and the box that came with it. */
export function submissionOf(manifest: Manifest, box: Uint8Array): string {
  const roots = Object.fromEntries([...manifest.parts.values()].map((part) => [part.name, part.root]))
  return submissionHash(manifest.hash(), sha256hex(box), roots)
}
