/** Certificates and revocation lists (X.509, RFC 5280) as a verifier reads them: names, times, purposes, who signed what. */
import { own, same } from '@/crypto/bytes'
import { hex } from '@/crypto/canonical'
import { checkValue } from '@/crypto/cms'
import { Invalid } from '@/crypto/errors'
import { child, children, readOid, readText, readTime, readWhole, TAG, type Tlv } from '@/identity/signer/der'

export interface Extension {
  critical: boolean
  value: Uint8Array
}
export interface Certificate {
  der: Uint8Array
  serial: string
  issuer: Uint8Array
  subject: Uint8Array
  subjectName: Tlv
  notBefore: Date
  notAfter: Date
  extensions: ReadonlyMap<string, Extension>
}

export const OID = {
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  expiredCertsOnCrl: '2.5.29.60',
  crlReason: '2.5.29.21',
  timeStamping: '1.3.6.1.5.5.7.3.8',
} as const

/** What signature algorithms hash with; the combined identifiers of RFC 8017 and RFC 5758. */
const HASH_OF: Record<string, string> = {
  '1.2.840.113549.1.1.11': 'SHA-256',
  '1.2.840.113549.1.1.12': 'SHA-384',
  '1.2.840.113549.1.1.13': 'SHA-512',
  '1.2.840.10045.4.3.2': 'SHA-256',
  '1.2.840.10045.4.3.3': 'SHA-384',
  '1.2.840.10045.4.3.4': 'SHA-512',
}
const MAX_CERTIFICATE = 32 << 10
/** Extensions that path validation here knows; a critical one beyond them refuses the certificate (RFC 5280 4.2). */
const UNDERSTOOD = new Set<string>([
  OID.keyUsage, OID.basicConstraints, OID.extendedKeyUsage, '2.5.29.14', '2.5.29.17', '2.5.29.31', '2.5.29.32', '2.5.29.35',
])

function extensionsOf(list: Tlv | undefined): Map<string, Extension> {
  const found = new Map<string, Extension>()
  for (const each of list ? children(child(list, 0)) : []) {
    const parts = children(each)
    const [name, middle] = parts
    const value = parts.at(-1)
    if (!name || !value) continue
    found.set(readOid(name), { critical: middle?.tag === TAG.boolean && middle.value[0] !== 0, value: value.value })
  }
  return found
}

/** The certificate; `bad-certificate` for bytes that are none. */
export function readCertificate(der: Uint8Array): Certificate {
  try {
    if (der.length > MAX_CERTIFICATE) throw new Error('too large')
    const parts = children(child(readWhole(der), 0))
    if (parts[0]?.tag === 0xa0) parts.shift() // the version
    const [serial, , issuer, validity, subject, , ...rest] = parts
    if (!serial || !issuer || !validity || !subject) throw new Error('parts are missing')
    return {
      der,
      serial: hex(serial.value).replace(/^0+(?=.)/, ''),
      issuer: issuer.raw,
      subject: subject.raw,
      subjectName: subject,
      notBefore: readTime(child(validity, 0)),
      notAfter: readTime(child(validity, 1)),
      extensions: extensionsOf(rest.find((part) => part.tag === 0xa3)),
    }
  } catch (fault) {
    throw new Invalid('bad-certificate', (fault as Error).message)
  }
}

/** Whether `issuer`'s key made the signature over the first part of a signed structure (certificate or list). */
async function signedBy(der: Uint8Array, issuer: Certificate): Promise<boolean> {
  const [body, algorithm, signature] = children(readWhole(der))
  if (!body || !algorithm || !signature) return false
  const hash = HASH_OF[readOid(child(algorithm, 0))]
  if (!hash) return false
  try {
    await checkValue(own(body.raw.slice()), hash, algorithm, own(signature.value.slice(1)), own(issuer.der.slice()))
    return true
  } catch {
    return false
  }
}

/** RFC 5280 section 6.1.4 k-n: a CA that may sign certificates, with `below` CAs under it at most, and did sign this one. */
export async function issues(issuer: Certificate, certificate: Certificate, below: number): Promise<boolean> {
  if (!same(issuer.subject, certificate.issuer)) return false
  const constraints = issuer.extensions.get(OID.basicConstraints)
  if (!constraints || !usages(issuer)?.has('keyCertSign')) return false
  const [ca, path] = children(readWhole(constraints.value))
  if (ca?.tag !== TAG.boolean || ca.value[0] === 0) return false
  if (path && path.value.reduce((sum, byte) => sum * 256 + byte, 0) < below) return false
  return signedBy(certificate.der, issuer)
}

const USAGES = ['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement', 'keyCertSign', 'cRLSign'] as const
export type Usage = (typeof USAGES)[number]

/** What the key may do; null where the certificate says nothing about it. */
export function usages(certificate: Certificate): ReadonlySet<Usage> | null {
  const extension = certificate.extensions.get(OID.keyUsage)
  if (!extension) return null
  const bits = readWhole(extension.value).value.subarray(1)
  return new Set(USAGES.filter((_, n) => ((bits[n >> 3] ?? 0) >> (7 - (n & 7))) & 1))
}

/** A critical extension that nobody here understands (RFC 5280 section 4.2): empty where there is none. */
export function strange(certificate: Certificate): string {
  for (const [oid, { critical }] of certificate.extensions) if (critical && !UNDERSTOOD.has(oid)) return oid
  return ''
}

/** The values of one attribute of a name. */
export function attributes(name: Tlv, wanted: string): string[] {
  return children(name).flatMap((set) =>
    children(set).flatMap((pair) => (readOid(child(pair, 0)) === wanted ? [readText(child(pair, 1))] : [])),
  )
}

export const commonName = (certificate: Certificate): string => attributes(certificate.subjectName, '2.5.4.3')[0] ?? ''

/** What a list says about one certificate; a hold (certificateHold) and its end are not for good. */
export interface Revoked {
  at: Date
  final: boolean
}
export interface RevocationList {
  der: Uint8Array
  issuer: Uint8Array
  issuedAt: Date
  nextUpdate: Date | null
  revoked: ReadonlyMap<string, Revoked>
  keepsExpired: boolean
}
const PASSING = new Set([6, 8])
const isTime = (element: Tlv | undefined): element is Tlv =>
  element !== undefined && (element.tag === TAG.utcTime || element.tag === TAG.generalizedTime)

/** The list; `crl-malformed` for bytes that are none. */
export function readList(der: Uint8Array): RevocationList {
  try {
    const parts = children(child(readWhole(der), 0))
    if (parts[0]?.tag === TAG.integer) parts.shift()
    const [, issuer, issued, ...rest] = parts
    if (!issuer || !isTime(issued)) throw new Error('parts are missing')
    const next = isTime(rest[0]) ? rest.shift() : undefined
    const entries = rest[0]?.tag === TAG.sequence ? children(rest[0]) : []
    const extensions = extensionsOf(rest.find((part) => part.tag === 0xa0))
    return {
      der,
      issuer: issuer.raw,
      issuedAt: readTime(issued),
      nextUpdate: next ? readTime(next) : null,
      revoked: new Map(entries.map(entry)),
      keepsExpired: extensions.has(OID.expiredCertsOnCrl),
    }
  } catch (fault) {
    throw new Invalid('crl-malformed', (fault as Error).message)
  }
}

function entry(element: Tlv): [string, Revoked] {
  const [serial, at, list] = children(element)
  if (!serial || !isTime(at)) throw new Error('an entry is malformed')
  const reason = (list ? children(list) : []).find((one) => readOid(child(one, 0)) === OID.crlReason)
  const value = reason ? readWhole(children(reason).at(-1)!.value).value[0] : undefined
  return [hex(serial.value).replace(/^0+(?=.)/, ''), { at: readTime(at), final: value === undefined || !PASSING.has(value) }]
}

export const listSignedBy = (list: RevocationList, issuer: Certificate): Promise<boolean> =>
  same(list.issuer, issuer.subject) && (usages(issuer)?.has('cRLSign') ?? true) ? signedBy(list.der, issuer) : Promise.resolve(false)
