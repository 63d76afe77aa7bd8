/** The signatures in a PDF, checked from its bytes alone. Mirrors `crypto/pdf_bytes.py`. */
import { definite } from '@/crypto/ber'
import { type Bytes, digest, same } from '@/crypto/bytes'
import { unhex } from '@/crypto/canonical'
import { type SignedBy, verifyDetached } from '@/crypto/cms'
import { child, children, readOid, readWhole } from '@/identity/signer/der'
import { Failed } from '../report'
import { readToken, type TimeStamp } from '../stamp'
import { malformed, type Part, type Span, value, type Walked } from './walk'

const RANGE = /^\[\s*(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*\]$/
const HEX = /^<[0-9A-Fa-f\x00\t\n\x0c\r ]*>$/
const SIGNATURE_TIME_STAMP = '1.2.840.113549.1.9.16.2.14'

/** One signature: the revision it was made for, the digest over it, the CMS it holds. */
export interface PdfSignature {
  objectNumber: number
  hole: Span
  revisionEnd: number
  digest: Bytes
  cms: Bytes
}
export interface VerifiedSignature {
  signature: PdfSignature
  by: SignedBy
  stamp: TimeStamp | null
}

const coverage = (detail: string, offset?: number): Failed =>
  new Failed('', 'pdf-coverage', detail, offset === undefined ? {} : { offset })

/** The signatures in the order of the revisions they cover, parsed but not verified. */
export async function readSignatures(pdf: Uint8Array, walked: Walked): Promise<PdfSignature[]> {
  const { text, parts } = walked
  const holders = parts.filter((part) => part.kind === 'object' && (value(text, part, '/Type') === '/Sig' || part.keys.has('/ByteRange')))
  const found = await Promise.all(holders.map((part) => parse(pdf, text, part)))
  const ends = new Set(parts.filter((part) => part.kind === 'end').map((part) => part.end))
  for (const signature of found) if (!ends.has(signature.revisionEnd)) throw coverage('a signature does not cover a whole revision')
  return found.sort((a, b) => a.revisionEnd - b.revisionEnd)
}

/** Each revision is a prefix of the next, the last signature covers the whole file. */
export function requireCoverage(signatures: readonly PdfSignature[], size: number): void {
  const ends = signatures.map((one) => one.revisionEnd)
  if (new Set(ends).size !== ends.length) throw coverage('two signatures claim the same revision')
  const last = ends.at(-1)
  if (last !== undefined && last !== size) throw coverage('bytes follow the last signature', last)
}

/** Digest, CMS and time-stamp imprint of one signature; whom to trust is judged elsewhere. */
export async function verifySignature(signature: PdfSignature): Promise<VerifiedSignature> {
  const by = await verifyDetached(signature.cms, { digest: signature.digest })
  const { token, signed } = timeStamp(signature.cms)
  if (!token) return { signature, by, stamp: null }
  const stamp = await readToken(token)
  if (!same(stamp.digest, await digest(signed))) throw new Failed('', 'time-stamp-mismatch', 'the time stamp covers another signature')
  return { signature, by, stamp }
}

async function parse(pdf: Uint8Array, text: string, part: Part): Promise<PdfSignature> {
  const range = RANGE.exec(value(text, part, '/ByteRange'))
  const hole = part.keys.get('/Contents')
  if (!range || !hole) throw malformed('a signature without ByteRange or Contents', part.start)
  const [start, first, second, rest] = range.slice(1).map(Number) as [number, number, number, number]
  const stated = text.slice(...hole)
  if (start !== 0 || first !== hole[0] || second !== hole[1] || !HEX.test(stated)) {
    throw coverage('a signature leaves out more than itself', part.start)
  }
  const end = second + rest
  if (end > pdf.length) throw coverage('a signature claims bytes beyond the end', part.start)
  const covered = new Uint8Array(first + rest)
  covered.set(pdf.subarray(0, first))
  covered.set(pdf.subarray(second, end), first)
  return { objectNumber: part.number, hole, revisionEnd: end, digest: await digest(covered), cms: unpadded(stated.slice(1, -1)) }
}

/** The CMS without the zeros that fill the reserved room: DER states its own length. */
function unpadded(hexadecimal: string): Bytes {
  const raw = unhex(hexadecimal.replace(/[\x00\t\n\x0c\r ]/g, '').toLowerCase())
  const empty = new Failed('', 'bad-cms', 'the signature does not fill its room as it should')
  if (raw.length < 2 || raw[0] !== 0x30) throw new Failed('', 'bad-cms', 'the signature is empty')
  let [length, header] = [raw[1]!, 2]
  if (length & 0x80) {
    const count = length & 0x7f
    header += count
    if (count < 1 || count > 4) throw empty
    length = raw.subarray(2, header).reduce((sum, byte) => sum * 256 + byte, 0)
  }
  if (header + length > raw.length || raw.subarray(header + length).some(Boolean)) throw empty
  return raw.slice(0, header + length)
}

/** The token among the unsigned attributes, and the signature value it stamps. Nothing else may stand there. */
function timeStamp(cms: Uint8Array): { token: Uint8Array | null; signed: Uint8Array } {
  const infos = children(child(child(readWhole(definite(cms)), 1), 0)).at(-1)!
  const parts = children(child(infos, 0))
  const signed = parts[5]!.value
  const unsigned = parts[6] ? children(parts[6]) : []
  if (unsigned.some((attribute) => readOid(child(attribute, 0)) !== SIGNATURE_TIME_STAMP)) {
    throw new Failed('', 'bad-cms', 'an unsigned attribute other than a time stamp')
  }
  const tokens = unsigned.flatMap((attribute) => children(child(attribute, 1)))
  if (tokens.length > 1) throw new Failed('', 'bad-cms', 'more than one signature time stamp')
  return { token: tokens[0]?.raw ?? null, signed }
}
