/**
 * Checking detached CMS signatures (RFC 5652) with the CAdES attributes: one signer, signed attributes and
 * `signing-certificate-v2` always, as `crypto/signing.py` does. Trust in the certificate is judged elsewhere.
 */
import { certificateParts } from '@/identity/signer/certificate'
import { child, children, NotDer, readOid, readTime, readWhole, TAG, type Tlv } from '@/identity/signer/der'
import { definite } from './ber'
import { type Bytes, concat, own, same } from './bytes'
import { Invalid, refusing } from './errors'

const MAX_CMS = 4 << 20
const SIGNED_DATA = '1.2.840.113549.1.7.2'
const DATA = '1.2.840.113549.1.7.1'
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const SIGNING_TIME = '1.2.840.113549.1.9.5'
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47'
const SUBJECT_KEY_IDENTIFIER = '2.5.29.14'
const HASHES: Record<string, 'SHA-256' | 'SHA-384' | 'SHA-512'> = {
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
}

/** Who signed: the signer's certificate, the others carried along (DER), and its claimed time. */
export interface SignedBy {
  readonly certificate: Bytes
  readonly chain: readonly Bytes[]
  readonly signedAt: Date | null
}

interface Parsed {
  info: Tlv[]
  certificates: Tlv[]
}

/**
 * The signer of `cms` over the content, or over content with this SHA-256. `bad-cms`: not a detached CMS with
 * exactly one signer and its certificate; `bad-signature`: not over this content or not by this certificate.
 */
export async function verifyDetached(
  cms: Uint8Array,
  content: { data: Uint8Array } | { digest: Uint8Array },
): Promise<SignedBy> {
  if (cms.length > MAX_CMS) throw new Invalid('bad-cms', `longer than ${MAX_CMS} bytes`)
  return refusing('bad-cms', 'the signature cannot be read', async () => {
    const { info, certificates } = parse(cms)
    const [, sid, digestAlgorithm, signed, algorithm, value] = info
    if (!sid || !digestAlgorithm || !signed || signed.tag !== 0xa0 || !algorithm || !value) {
      throw new Invalid('bad-cms', 'the signer has no signed attributes')
    }
    const { certificate, chain } = findSigner(sid, certificates)
    const attributes = attributesOf(signed)
    const hash = HASHES[readOid(child(digestAlgorithm, 0))]
    if (!hash) throw new Invalid('bad-signature', 'the digest algorithm is not accepted here')
    await checkAttributes(attributes, certificate, hash, content)
    // What is signed are these bytes under the tag of a SET OF (RFC 5652 section 5.4).
    const message = concat(Uint8Array.of(TAG.set), signed.raw.subarray(1))
    await checkValue(message, hash, algorithm, own(value.value), certificate)
    const time = attributes.get(SIGNING_TIME)
    return { certificate, chain, signedAt: time ? readTime(time) : null }
  })
}

function parse(cms: Uint8Array): Parsed {
  const outer = readWhole(definite(cms))
  if (readOid(child(outer, 0)) !== SIGNED_DATA) throw new Invalid('bad-cms', 'not signed data')
  const parts = children(child(child(outer, 1), 0))
  const content = parts[2]
  const infos = parts.at(-1)
  if (!content || infos?.tag !== TAG.set) throw new NotDer('parts are missing')
  const signers = children(infos)
  if (signers.length !== 1 || !signers[0]) {
    throw new Invalid('bad-cms', `${signers.length} signers where exactly one may sign`)
  }
  if (readOid(child(content, 0)) !== DATA || children(content).length !== 1) {
    throw new Invalid('bad-cms', 'the signature carries its content; it must be detached')
  }
  const carried = parts.find((part) => part.tag === 0xa0)
  return { info: children(signers[0]), certificates: carried ? children(carried) : [] }
}

function findSigner(sid: Tlv, certificates: readonly Tlv[]): { certificate: Bytes; chain: Bytes[] } {
  const found: Bytes[] = []
  const chain: Bytes[] = []
  for (const each of certificates) {
    if (each.tag !== TAG.sequence) throw new Invalid('bad-cms', 'a certificate of another kind is carried')
    ;(names(sid, each.raw) ? found : chain).push(own(each.raw.slice()))
  }
  const [certificate] = found
  if (!certificate || found.length !== 1) throw new Invalid('bad-cms', "the signer's certificate is missing or repeated")
  return { certificate, chain }
}

function names(sid: Tlv, certificate: Uint8Array): boolean {
  if (sid.tag === 0x80) {
    const identifier = extension(certificate, SUBJECT_KEY_IDENTIFIER)
    return identifier !== null && same(readWhole(identifier).value, sid.value)
  }
  const { issuer, serial } = certificateParts(certificate)
  return same(child(sid, 0).raw, issuer) && same(child(sid, 1).raw, serial)
}

function extension(certificate: Uint8Array, wanted: string): Uint8Array | null {
  const list = children(child(readWhole(certificate), 0)).find((part) => part.tag === 0xa3)
  for (const each of list ? children(child(list, 0)) : []) {
    const parts = children(each)
    if (parts[0] && readOid(parts[0]) === wanted) return parts.at(-1)?.value ?? null
  }
  return null
}

/** The signed attributes by type; each at most once, with one value. */
function attributesOf(signed: Tlv): Map<string, Tlv> {
  const found = new Map<string, Tlv>()
  for (const attribute of children(signed)) {
    const type = readOid(child(attribute, 0))
    const values = children(child(attribute, 1))
    if (found.has(type) || values.length !== 1 || !values[0]) {
      throw new Invalid('bad-cms', `the signed attribute ${type} is repeated`)
    }
    found.set(type, values[0])
  }
  for (const type of [CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2]) {
    if (!found.has(type)) throw new Invalid('bad-cms', `the signed attribute ${type} is missing`)
  }
  return found
}

async function checkAttributes(
  attributes: Map<string, Tlv>,
  certificate: Bytes,
  hash: string,
  content: { data: Uint8Array } | { digest: Uint8Array },
): Promise<void> {
  if ('digest' in content && hash !== 'SHA-256') throw new Invalid('bad-signature', 'only SHA-256 fits a given digest')
  const expected = 'data' in content ? await hashed(hash, content.data) : content.digest
  const type = attributes.get(CONTENT_TYPE)
  const digest = attributes.get(MESSAGE_DIGEST)
  if (!type || readOid(type) !== DATA || !digest || !same(digest.value, expected)) {
    throw new Invalid('bad-signature', 'the signature is over other content')
  }
  const ess = attributes.get(SIGNING_CERTIFICATE_V2)
  const first = children(child(child(ess ?? type, 0), 0))
  const named = first[0]?.tag === TAG.sequence ? HASHES[readOid(child(first[0], 0))] : 'SHA-256'
  const of = first[0]?.tag === TAG.sequence ? first[1] : first[0]
  if (!named || !of || !same(of.value, await hashed(named, certificate))) {
    throw new Invalid('bad-signature', 'the signature names another certificate than the one it carries')
  }
}

const hashed = async (name: string, data: Uint8Array): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest(name, own(data)))

const RSA = '1.2.840.113549.1.1.1'
const RSA_PSS = '1.2.840.113549.1.1.10'
const RSA_WITH: Record<string, string> = {
  '1.2.840.113549.1.1.11': 'SHA-256',
  '1.2.840.113549.1.1.12': 'SHA-384',
  '1.2.840.113549.1.1.13': 'SHA-512',
}
const EC = '1.2.840.10045.2.1'
const ECDSA_WITH: Record<string, string> = {
  '1.2.840.10045.4.3.2': 'SHA-256',
  '1.2.840.10045.4.3.3': 'SHA-384',
  '1.2.840.10045.4.3.4': 'SHA-512',
}
const CURVES: Record<string, { namedCurve: string; size: number }> = {
  '1.2.840.10045.3.1.7': { namedCurve: 'P-256', size: 32 },
  '1.3.132.0.34': { namedCurve: 'P-384', size: 48 },
  '1.3.132.0.35': { namedCurve: 'P-521', size: 66 },
}

export async function checkValue(message: Bytes, hash: string, algorithm: Tlv, signature: Bytes, certificate: Bytes): Promise<void> {
  const name = readOid(child(algorithm, 0))
  const key = readWhole(certificateParts(certificate).publicKey)
  const kind = readOid(child(child(key, 0), 0))
  let good = false
  if (kind === RSA && (name === RSA || RSA_WITH[name])) {
    sameHash(RSA_WITH[name], hash)
    good = await verifyWith({ name: 'RSASSA-PKCS1-v1_5', hash }, { name: 'RSASSA-PKCS1-v1_5' }, key.raw, signature, message)
  } else if (kind === RSA && name === RSA_PSS) {
    const saltLength = pssSalt(algorithm, hash)
    good = await verifyWith({ name: 'RSA-PSS', hash }, { name: 'RSA-PSS', saltLength }, key.raw, signature, message)
  } else if (kind === EC && ECDSA_WITH[name]) {
    sameHash(ECDSA_WITH[name], hash)
    const curve = CURVES[readOid(child(child(key, 0), 1))]
    if (!curve) throw new Invalid('bad-signature', "the certificate's curve is not accepted here")
    const raw = rawEcdsa(signature, curve.size)
    const { namedCurve } = curve
    good = raw !== null && (await verifyWith({ name: 'ECDSA', namedCurve }, { name: 'ECDSA', hash }, key.raw, raw, message))
  } else {
    throw new Invalid('bad-signature', "the signature does not fit the certificate's key")
  }
  if (!good) throw new Invalid('bad-signature', "the signature value is not the certificate's over these attributes")
}

function sameHash(named: string | undefined, hash: string): void {
  if (named && named !== hash) throw new Invalid('bad-signature', 'the signature mixes two hash algorithms')
}

async function verifyWith(
  keyType: RsaHashedImportParams | EcKeyImportParams,
  how: AlgorithmIdentifier | RsaPssParams | EcdsaParams,
  spki: Uint8Array,
  signature: Bytes,
  message: Bytes,
): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('spki', own(spki.slice()), keyType, false, ['verify'])
    return await crypto.subtle.verify(how, key, signature, message)
  } catch {
    return false
  }
}

/** The salt length of RSASSA-PSS parameters, whose hashes must be the message's (RFC 4055 section 3.1). */
function pssSalt(algorithm: Tlv, hash: string): number {
  const parameters = children(algorithm)[1]
  const parts = parameters ? children(parameters) : []
  const digest = parts.find((part) => part.tag === 0xa0)
  if (!digest || HASHES[readOid(child(child(digest, 0), 0))] !== hash) {
    throw new Invalid('bad-signature', 'the signature mixes two hash algorithms')
  }
  const salt = parts.find((part) => part.tag === 0xa2)
  if (!salt) return 20
  return child(salt, 0).value.reduce((number, byte) => number * 256 + byte, 0)
}

/** `r || s` from ECDSA-Sig-Value, as WebCrypto wants it; null when a number does not fit the curve. */
function rawEcdsa(signature: Uint8Array, size: number): Bytes | null {
  let value: Tlv
  try {
    value = readWhole(signature)
  } catch {
    return null
  }
  const numbers = children(value).map((number) => {
    let start = 0
    while (start < number.value.length - 1 && number.value[start] === 0) start += 1
    return number.value.subarray(start)
  })
  if (numbers.length !== 2 || numbers.some((number) => number.length > size)) return null
  const out = new Uint8Array(2 * size)
  numbers.forEach((number, i) => out.set(number, (i + 1) * size - number.length))
  return out
}
