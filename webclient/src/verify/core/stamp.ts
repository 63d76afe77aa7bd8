/**
 * What a time-stamp token (RFC 3161) proves. Mirrors `crypto/time_stamp_token.py`: what is accepted here,
 * `openssl ts -verify` accepts too.
 */
import { definite } from '@/crypto/ber'
import { type Bytes, concat, own, same } from '@/crypto/bytes'
import { checkValue } from '@/crypto/cms'
import { Invalid, refusing } from '@/crypto/errors'
import { child, children, readOid, readTime, readWhole, TAG, type Tlv } from '@/identity/signer/der'
import { type Certificate, OID, readCertificate } from './x509'
import { climb } from './trust'

const MAX_TOKEN = 64 << 10
const SIGNED_DATA = '1.2.840.113549.1.7.2'
const TST_INFO = '1.2.840.113549.1.9.16.1.4'
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12'
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47'
const SHA256 = '2.16.840.1.101.3.4.2.1'
const HASHES: Record<string, string> = {
  [SHA256]: 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
}

/** What a token states: this SHA-256 existed at `at` (genTime), says `certificate`'s holder. */
export interface TimeStamp {
  at: Date
  digest: Uint8Array
  certificate: Certificate
  others: Uint8Array[]
}

const malformed = (detail: string): Invalid => new Invalid('time-stamp-malformed', detail)
const wrong = (detail: string): Invalid => new Invalid('time-stamp-signature', detail)
const hashed = async (name: string, data: Uint8Array): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest(name, own(data.slice())))

/** Parse a token that carries its signer's certificate and verify its signature, but not whom to trust. */
export async function readToken(token: Uint8Array): Promise<TimeStamp> {
  if (token.length > MAX_TOKEN) throw malformed('too large')
  return refusing('time-stamp-malformed', 'the token cannot be read', async () => {
    const outer = readWhole(definite(token))
    if (readOid(child(outer, 0)) !== SIGNED_DATA) throw malformed('not a time-stamp token')
    const parts = children(child(child(outer, 1), 0))
    const [, , inner] = parts
    const infos = parts.at(-1)
    if (!inner || readOid(child(inner, 0)) !== TST_INFO) throw malformed('not a time-stamp token')
    const content = child(child(inner, 1), 0).value
    const signers = infos ? children(infos) : []
    if (signers.length !== 1 || !signers[0]) throw malformed('exactly one signer expected')
    const carried = parts.find((part) => part.tag === 0xa0)
    const { certificate, others } = signerOf(children(signers[0])[1], carried ? children(carried) : [])
    await checkSigner(children(signers[0]), certificate, content)
    return { ...facts(content), certificate, others }
  })
}

function facts(content: Uint8Array): Pick<TimeStamp, 'at' | 'digest'> {
  const [, , imprint, , at] = children(readWhole(content))
  if (!imprint || !at) throw malformed('parts are missing')
  if (readOid(child(child(imprint, 0), 0)) !== SHA256) throw malformed('the imprint is not SHA-256')
  return { at: readTime(at), digest: child(imprint, 1).value }
}

function signerOf(sid: Tlv | undefined, carried: readonly Tlv[]): { certificate: Certificate; others: Uint8Array[] } {
  const found: Certificate[] = []
  const others: Uint8Array[] = []
  for (const each of carried.filter((one) => one.tag === TAG.sequence)) {
    const certificate = readCertificate(each.raw.slice())
    if (sid && names(sid, certificate)) found.push(certificate)
    else others.push(certificate.der)
  }
  if (found.length !== 1 || !found[0]) throw malformed("the signer's certificate is missing or repeated")
  return { certificate: found[0], others }
}

function names(sid: Tlv, certificate: Certificate): boolean {
  if (sid.tag === 0x80) {
    const identifier = certificate.extensions.get('2.5.29.14')
    return identifier !== undefined && same(readWhole(identifier.value).value, sid.value)
  }
  const serial = [...child(sid, 1).value].map((byte) => byte.toString(16).padStart(2, '0')).join('').replace(/^0+(?=.)/, '')
  return same(child(sid, 0).raw, certificate.issuer) && serial === certificate.serial
}

async function checkSigner(info: readonly Tlv[], certificate: Certificate, content: Uint8Array): Promise<void> {
  const [, , digestAlgorithm, signed, algorithm, value] = info
  if (!digestAlgorithm || signed?.tag !== 0xa0 || !algorithm || !value) throw malformed('the signer has no signed attributes')
  const attributes = new Map<string, Tlv>()
  for (const attribute of children(signed)) {
    const type = readOid(child(attribute, 0))
    const values = children(child(attribute, 1))
    if (attributes.has(type) || values.length !== 1) throw malformed(`the signed attribute ${type} is repeated`)
    attributes.set(type, values[0]!)
  }
  const hash = HASHES[readOid(child(digestAlgorithm, 0))]
  if (!hash) throw wrong('the digest algorithm is not accepted')
  const [type, digest] = [attributes.get(CONTENT_TYPE), attributes.get(MESSAGE_DIGEST)]
  if (!type || readOid(type) !== TST_INFO) throw wrong('the signature is over another type of content')
  if (!digest || !same(digest.value, await hashed(hash, content))) throw wrong('the signature is over other content')
  await checkReference(attributes, certificate)
  const message = concat(Uint8Array.of(TAG.set), signed.raw.subarray(1))
  try {
    await checkValue(message, hash, algorithm, own(value.value.slice()), own(certificate.der.slice()))
  } catch {
    throw wrong('the signature does not verify')
  }
}

/** The token names its signer's certificate by hash (RFC 5816), or by SHA-1 as RFC 3161 first had it. */
async function checkReference(attributes: ReadonlyMap<string, Tlv>, certificate: Certificate): Promise<void> {
  const newer = attributes.get(SIGNING_CERTIFICATE_V2)
  const older = attributes.get(SIGNING_CERTIFICATE)
  const reference = newer ?? older
  if (!reference) throw malformed("the token does not name its signer's certificate")
  const parts = children(child(child(reference, 0), 0))
  const explicit = newer && parts[0]?.tag === TAG.sequence
  const name = newer ? (explicit ? HASHES[readOid(child(parts[0]!, 0))] : 'SHA-256') : 'SHA-1'
  const value = explicit ? parts[1] : parts[0]
  if (!name || !value || !same(value.value, await hashed(name, certificate.der))) throw wrong('the token names another certificate')
}

/** Refuses unless the token's signer may only stamp time and a path to an anchor was valid at genTime. */
export async function requireStampPath(stamp: TimeStamp, anchors: readonly Certificate[], intermediates: readonly Certificate[]): Promise<void> {
  const purpose = stamp.certificate.extensions.get(OID.extendedKeyUsage)
  if (!purpose) throw new Invalid('time-stamp-purpose', 'the certificate has no extended key usage')
  const named = children(readWhole(purpose.value)).map(readOid)
  if (!purpose.critical || named.length !== 1 || named[0] !== OID.timeStamping) {
    throw new Invalid('time-stamp-purpose', 'timeStamping must be its only purpose, and critical')
  }
  const pool = [...stamp.others.map(readCertificate), ...intermediates].slice(0, 10)
  const path = await climb([stamp.certificate], pool, anchors)
  if (!path?.every((one) => stamp.at >= one.notBefore && stamp.at <= one.notAfter)) {
    throw new Invalid('time-stamp-untrusted', 'no path to a trusted anchor was valid at the stated time')
  }
}
