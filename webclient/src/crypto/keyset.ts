/**
 * The officers a tender is sealed to (开标人员密钥组): seats, opening keys and the quorum, as published. The bidder's
 * browser verifies every seat's signature itself, so a platform that serves keys of its own gets nothing.
 */
import { b64, canon, type Json, parseCanonical, sha256hex } from './canonical'
import { type Bytes, random as fresh, type Random, same } from './bytes'
import { type SignedBy, verifyDetached } from './cms'
import type { Seat } from './dealing'
import { Invalid } from './errors'
import { Fields } from './fields'
import { deriveScalar } from './hpke'
import { checkPoint, pointOf, type PrivateKey, privateFromBytes } from './p256'
import { MAX_SEATS } from './shares'
import { POINT } from './suite'

const KEYSET_LABEL = 'kaibiao/keyset/v1'
const OPENING_KEY_LABEL = 'kaibiao/opening-key/v1'
const DOCUMENTS_LABEL = 'kaibiao/documents/v1'
const MAX_KEYSET = 8 << 20

/** One officer's seat: `index` from 1, certificate DER, P-256 point, CMS over the statement. */
export interface OfficerSeat {
  readonly seat: string
  readonly index: number
  readonly certificate: Bytes
  readonly openingKey: Bytes
  readonly signature: Bytes
}

/** The seats of one lot and how many of them (`k`) open together. */
export class Keyset {
  constructor(
    readonly tender: string,
    readonly lot: string,
    readonly k: number,
    readonly officers: readonly OfficerSeat[],
  ) {}

  get n(): number {
    return this.officers.length
  }

  /** The places shares are dealt to. */
  get seats(): Seat[] {
    return this.officers.map(({ index, seat, openingKey }) => ({ index, seat, openingKey }))
  }

  officer(seat: string): OfficerSeat {
    const found = this.officers.find((officer) => officer.seat === seat)
    if (!found) throw new Invalid('unknown-seat', 'the keyset has no such seat', { seat })
    return found
  }

  encode(): Bytes {
    return canon({
      label: KEYSET_LABEL,
      tender: this.tender,
      lot: this.lot,
      k: this.k,
      officers: this.officers.map(encodeSeat),
    })
  }

  /** SHA-256 of the canonical keyset, in hex; contexts name it. */
  hash(): string {
    return sha256hex(this.encode())
  }
}

/** A seat as it stands in the published keyset. */
export const encodeSeat = (officer: OfficerSeat): Record<string, Json> => ({
  seat: officer.seat,
  index: officer.index,
  certificate: b64(officer.certificate),
  openingKey: b64(officer.openingKey),
  signature: b64(officer.signature),
})

/** The keyset in its canonical bytes; `bad-keyset` otherwise. Signatures are not checked yet. */
export function parseKeyset(data: Uint8Array): Keyset {
  const fields = new Fields(parseCanonical(data, MAX_KEYSET), 'bad-keyset', ['label', 'tender', 'lot', 'k', 'officers'])
  fields.label('label', KEYSET_LABEL)
  const officers = fields.items('officers', 1, MAX_SEATS).map(parseSeat)
  return new Keyset(fields.text('tender', 64), fields.text('lot', 64), fields.integer('k', 1, MAX_SEATS), officers)
}

function parseSeat(value: Json): OfficerSeat {
  const fields = new Fields(value, 'bad-keyset', ['seat', 'index', 'certificate', 'openingKey', 'signature'])
  return {
    seat: fields.text('seat', 64),
    index: fields.integer('index', 1, MAX_SEATS),
    certificate: fields.data('certificate', { limit: 64 << 10 }),
    openingKey: fields.data('openingKey', { size: POINT }),
    signature: fields.data('signature', { limit: 64 << 10 }),
  }
}

/** Structure and every seat's signature; the signers in the seats' order. `bad-keyset` otherwise. */
export async function verifyKeyset(keyset: Keyset): Promise<SignedBy[]> {
  const { k, n, officers } = keyset
  if (!(k >= 1 && k <= n && n <= MAX_SEATS)) throw new Invalid('bad-keyset', `a quorum of ${k} out of ${n} seats`)
  if (officers.some((officer, i) => officer.index !== i + 1)) {
    throw new Invalid('bad-keyset', 'seat indices must be 1, 2, 3 … in order')
  }
  const distinct = [
    officers.map((officer) => officer.seat),
    officers.map((officer) => b64(officer.openingKey)),
    officers.map((officer) => b64(officer.certificate)),
  ]
  if (distinct.some((values) => new Set(values).size !== n)) {
    throw new Invalid('bad-keyset', 'two seats share a name, an opening key or a certificate')
  }
  return Promise.all(officers.map((officer) => verifyOpeningKey(keyset.tender, keyset.lot, officer)))
}

/** `bad-keyset` unless the seat's certificate signed this opening key for this seat, tender and lot. */
export async function verifyOpeningKey(tender: string, lot: string, officer: OfficerSeat): Promise<SignedBy> {
  checkPoint(officer.openingKey)
  const statement = openingKeyStatement(tender, lot, officer.seat, officer.index, officer.openingKey)
  let signed: SignedBy
  try {
    signed = await verifyDetached(officer.signature, { data: statement })
  } catch (error) {
    if (!(error instanceof Invalid)) throw error
    throw new Invalid('bad-keyset', `the opening key is not signed: ${error.detail}`, { seat: officer.seat })
  }
  if (!same(signed.certificate, officer.certificate)) {
    throw new Invalid('bad-keyset', 'the opening key is signed by another certificate', { seat: officer.seat })
  }
  return signed
}

/** What an officer's certificate signs, canonical: this key is mine, for this seat of this lot. */
export function openingKeyStatement(tender: string, lot: string, seat: string, index: number, openingKey: Uint8Array): Bytes {
  return canon({ label: OPENING_KEY_LABEL, tender, lot, seat, index, openingKey: b64(openingKey) })
}

/** A fresh opening key: one seat, one lot. `scalar` goes into the key file only. */
export interface NewOpeningKey {
  readonly scalar: Bytes
  readonly point: Bytes
  readonly private: PrivateKey
}

export async function newOpeningKey(random: Random = fresh): Promise<NewOpeningKey> {
  const scalar = deriveScalar(random(32))
  const point = pointOf(scalar)
  return { scalar, point, private: await privateFromBytes(scalar, point) }
}

/** The hash that names one logged revision of the documents. */
export function documentsHash(
  tender: string,
  lot: string,
  revision: number,
  notice: string,
  form: string,
  files: readonly (readonly [name: string, size: number, sha256: string])[] = [],
): string {
  if (new Set(files.map(([name]) => name)).size !== files.length) {
    throw new Invalid('bad-documents', 'two documents have the same name')
  }
  const listed = [...files]
    .sort(([a], [b]) => byCodePoint(a, b))
    .map(([name, size, sha256]) => ({ name, size: String(size), sha256 }))
  return sha256hex(canon({ label: DOCUMENTS_LABEL, tender, lot, revision, notice, form, files: listed }))
}

/** Python's order of strings: by code point, where JavaScript compares UTF-16 units. */
export function byCodePoint(a: string, b: string): number {
  const left = Array.from(a, (symbol) => symbol.codePointAt(0) ?? 0)
  const right = Array.from(b, (symbol) => symbol.codePointAt(0) ?? 0)
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference) return difference
  }
  return left.length - right.length
}
