/**
 * Detached CMS signatures (RFC 5652) with the CAdES attributes, byte for byte as `crypto/signing.py` makes them:
 * one signer, signed attributes always, `signing-certificate-v2` always, `signing-time` unless for a PDF (PAdES).
 */
import { certificateParts } from './certificate'
import { integer, nothing, octets, oid, sequence, setOf, time, tlv } from './der'

const OID = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  sha256: '2.16.840.1.101.3.4.2.1',
  rsa: '1.2.840.113549.1.1.1',
  ecdsaSha256: '1.2.840.10045.4.3.2',
} as const

export interface CmsInput {
  digest: Uint8Array
  certificate: Uint8Array
  chain: readonly Uint8Array[]
  algorithm: 'rsa' | 'ecdsa'
  /** The claimed time, or null for none. */
  at: Date | null
  /** The certificate's key over these bytes: SHA-256, ECDSA as DER or RSA PKCS#1 v1.5. */
  sign: (message: Uint8Array) => Promise<Uint8Array>
}

/** A detached CMS over content with this SHA-256 digest, DER. */
export async function detachedCms(input: CmsInput): Promise<Uint8Array> {
  if (input.digest.length !== 32) throw new RangeError('a SHA-256 digest has 32 bytes')
  const attributes = await signedAttributes(input)
  const signature = await input.sign(attributes)
  const { issuer, serial } = certificateParts(input.certificate)
  const one = integer(Uint8Array.of(1))
  const sha256 = sequence(oid(OID.sha256), nothing())
  const signerInfo = sequence(
    one,
    sequence(issuer, serial),
    sha256,
    implicit(0, attributes), // in the message the SET OF stands as [0]; what is signed is the SET OF itself
    input.algorithm === 'rsa' ? sequence(oid(OID.rsa), nothing()) : sequence(oid(OID.ecdsaSha256)),
    octets(signature),
  )
  const signedData = sequence(
    one,
    setOf(sha256),
    sequence(oid(OID.data)),
    implicit(0, setOf(input.certificate, ...input.chain)),
    setOf(signerInfo),
  )
  return sequence(oid(OID.signedData), tlv(0xa0, signedData))
}

async function signedAttributes({ digest, certificate, at }: CmsInput): Promise<Uint8Array> {
  const ofCertificate = new Uint8Array(await crypto.subtle.digest('SHA-256', certificate as BufferSource))
  // SigningCertificateV2 { certs { ESSCertIDv2 { certHash } } } with the default hash, SHA-256 (RFC 5035)
  const ess = sequence(sequence(sequence(octets(ofCertificate))))
  const attributes = [
    attribute(OID.contentType, oid(OID.data)),
    attribute(OID.messageDigest, octets(digest)),
    attribute(OID.signingCertificateV2, ess),
  ]
  if (at) attributes.push(attribute(OID.signingTime, time(at)))
  return setOf(...attributes)
}

const attribute = (type: string, value: Uint8Array): Uint8Array => sequence(oid(type), setOf(value))

/** The same content under a context tag, constructed. */
function implicit(number: number, element: Uint8Array): Uint8Array {
  const retagged = element.slice()
  retagged[0] = 0xa0 | number
  return retagged
}
