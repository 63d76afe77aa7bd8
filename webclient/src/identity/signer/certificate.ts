/**
 * What a certificate (X.509, RFC 5280) says about its holder. Whether it is to be believed the server judges;
 * this is for showing it to its owner and for choosing among several.
 */
import { child, children, NotDer, readOid, readText, readTime, readWhole, TAG, type Tlv } from './der'
import { parseCreditCode } from './credit-code'

export type KeyUsage =
  | 'digitalSignature'
  | 'nonRepudiation'
  | 'keyEncipherment'
  | 'dataEncipherment'
  | 'keyAgreement'
  | 'keyCertSign'
  | 'cRLSign'
  | 'encipherOnly'
  | 'decipherOnly'

export type KeyKind = 'ec-p256' | 'ec-p384' | 'ec-p521' | 'rsa' | 'other'

export interface CertificateFacts {
  /** The whole name, most general part first: `C=CN, O=…, CN=…`. */
  subject: string
  commonName: string
  organisation: string
  /** 统一社会信用代码 where the certificate carries one in a usual place. */
  creditCode: string | null
  issuer: string
  issuerName: string
  /** Hexadecimal, without leading zeros. */
  serial: string
  notBefore: Date
  notAfter: Date
  sha256: string
  /** Empty when the certificate does not restrict its key. */
  keyUsage: ReadonlySet<KeyUsage>
  key: KeyKind
  /** Issued by a demonstration authority: every name of it says 演示/无法律效力. */
  demonstration: boolean
  isAuthority: boolean
}

/** The parts of a certificate that signing needs as they are, byte for byte. */
export interface CertificateParts {
  issuer: Uint8Array
  subject: Uint8Array
  serial: Uint8Array
  publicKey: Uint8Array
}

const USAGES: readonly KeyUsage[] = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
]

const SHORT: Record<string, string> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.97': 'organizationIdentifier',
}
const CURVES: Record<string, KeyKind> = {
  '1.2.840.10045.3.1.7': 'ec-p256',
  '1.3.132.0.34': 'ec-p384',
  '1.3.132.0.35': 'ec-p521',
}
/** GM/T 0015-2012: organisation code and business registration number as extensions. */
const CODE_EXTENSIONS = ['1.2.156.10260.4.1.3', '1.2.156.10260.4.1.4']
const DEMONSTRATION = '无法律效力'

interface Fields {
  serial: Tlv
  issuer: Tlv
  validity: Tlv
  subject: Tlv
  publicKey: Tlv
  extensions: Map<string, Tlv>
}

function fields(der: Uint8Array): Fields {
  const tbs = child(readWhole(der), 0)
  const parts = children(tbs)
  if (parts[0]?.tag === 0xa0) parts.shift() // the version
  const [serial, , issuer, validity, subject, publicKey, ...rest] = parts
  if (!serial || !issuer || !validity || !subject || !publicKey) throw new NotDer('not a certificate')
  const extensions = new Map<string, Tlv>()
  const list = rest.find((part) => part.tag === 0xa3)
  for (const extension of list ? children(child(list, 0)) : []) {
    const [name, ...values] = children(extension)
    const value = values.at(-1)
    if (name && value) extensions.set(readOid(name), value)
  }
  return { serial, issuer, validity, subject, publicKey, extensions }
}

/** Throws `NotDer` for bytes that are no certificate. */
export function certificateParts(der: Uint8Array): CertificateParts {
  const { issuer, subject, serial, publicKey } = fields(der)
  return { issuer: issuer.raw, subject: subject.raw, serial: serial.raw, publicKey: publicKey.raw }
}

/** Throws `NotDer` for bytes that are no certificate. */
export async function certificateFacts(der: Uint8Array): Promise<CertificateFacts> {
  const found = fields(der)
  const subject = nameOf(found.subject)
  const issuer = nameOf(found.issuer)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', der as BufferSource))
  return {
    subject: written(subject),
    commonName: first(subject, '2.5.4.3'),
    organisation: first(subject, '2.5.4.10'),
    creditCode: creditCode(subject, found.extensions),
    issuer: written(issuer),
    issuerName: first(issuer, '2.5.4.10') || first(issuer, '2.5.4.3'),
    serial: hex(found.serial.value).replace(/^0+(?=.)/, ''),
    notBefore: readTime(child(found.validity, 0)),
    notAfter: readTime(child(found.validity, 1)),
    sha256: hex(digest),
    keyUsage: usageOf(found.extensions.get('2.5.29.15')),
    key: keyKind(found.publicKey),
    demonstration: written(issuer).includes(DEMONSTRATION),
    isAuthority: isAuthority(found.extensions.get('2.5.29.19')),
  }
}

/** Whether the certificate lets its key sign. */
export const maySign = (facts: CertificateFacts): boolean =>
  facts.keyUsage.size === 0 || facts.keyUsage.has('digitalSignature') || facts.keyUsage.has('nonRepudiation')

/** Whether a P-256 key may be wrapped to the certificate (as `certificate_point` on the server). */
export const mayAgree = (facts: CertificateFacts): boolean =>
  facts.keyUsage.has('keyAgreement') && facts.key === 'ec-p256'

/** The public key's bits: an EC point, or an RSA key's SEQUENCE of modulus and exponent. */
export function publicBits(der: Uint8Array): Uint8Array {
  return child(fields(der).publicKey, 1).value.subarray(1)
}

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

type Name = [type: string, text: string][]

function nameOf(name: Tlv): Name {
  return children(name).flatMap((set) =>
    children(set).map((pair): [string, string] => [readOid(child(pair, 0)), readText(child(pair, 1))]),
  )
}

const written = (name: Name): string => name.map(([type, text]) => `${SHORT[type] ?? type}=${text}`).join(', ')
const first = (name: Name, type: string): string => name.find(([each]) => each === type)?.[1] ?? ''

function creditCode(subject: Name, extensions: Map<string, Tlv>): string | null {
  const candidates = ['2.5.4.5', '2.5.4.97'].flatMap((type) =>
    subject.filter(([each]) => each === type).map(([, text]) => text),
  )
  for (const extension of CODE_EXTENSIONS) {
    const value = extensions.get(extension)?.value
    if (value) candidates.push(new TextDecoder('latin1').decode(value.subarray(-18)))
  }
  for (const candidate of candidates) {
    const code = parseCreditCode(candidate.split('-').at(-1) ?? '')
    if (code) return code
  }
  return null
}

function usageOf(extension: Tlv | undefined): ReadonlySet<KeyUsage> {
  if (!extension) return new Set()
  const bytes = readWhole(extension.value).value
  return new Set(USAGES.filter((_, bit) => ((bytes[1 + (bit >> 3)] ?? 0) >> (7 - (bit & 7))) & 1))
}

function isAuthority(extension: Tlv | undefined): boolean {
  if (!extension) return false
  const flag = children(readWhole(extension.value))[0]
  return flag?.tag === TAG.boolean && flag.value[0] !== 0
}

function keyKind(publicKey: Tlv): KeyKind {
  const [algorithm, parameter] = children(child(publicKey, 0))
  const name = algorithm ? readOid(algorithm) : ''
  if (name === '1.2.840.113549.1.1.1') return 'rsa'
  if (name === '1.2.840.10045.2.1' && parameter?.tag === TAG.oid) return CURVES[readOid(parameter)] ?? 'other'
  return 'other'
}
