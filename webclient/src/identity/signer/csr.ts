/** Certificate requests (PKCS#10, RFC 2986): the key is made in this page and stays; the authority sees the request. */
import { integer, bits, oid, printable, sequence, setOf, tlv, utf8 } from './der'

export interface Applicant {
  organisation: string
  creditCode: string
  /** Empty for a certificate of the organisation itself. */
  person: string
}

export interface FreshKey {
  pair: CryptoKeyPair
  csr: Uint8Array
}

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' } as const
const ECDSA_SHA256 = '1.2.840.10045.4.3.2'
const ORGANISATION = '2.5.4.10'
const COMMON_NAME = '2.5.4.3'
const SERIAL_NUMBER = '2.5.4.5'

/**
 * A new P-256 key and the request for its certificate.
 *
 * This one key is extractable, for it has to get into the .p12 its owner takes away; once saved, it is opened from
 * there like any other, non-extractable.
 */
export async function makeRequest(applicant: Applicant): Promise<FreshKey> {
  const pair = await crypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])
  return { pair, csr: await requestFor(pair, applicant) }
}

export async function requestFor(pair: CryptoKeyPair, applicant: Applicant): Promise<Uint8Array> {
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey))
  const subject = sequence(
    part(ORGANISATION, utf8(applicant.organisation)),
    part(COMMON_NAME, utf8(applicant.person || applicant.organisation)),
    part(SERIAL_NUMBER, printable(applicant.creditCode)),
  )
  const body = sequence(integer(Uint8Array.of(0)), subject, publicKey, tlv(0xa0))
  const raw = new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, body))
  const signature = sequence(integer(raw.subarray(0, 32)), integer(raw.subarray(32)))
  return sequence(body, sequence(oid(ECDSA_SHA256)), bits(signature))
}

const part = (type: string, value: Uint8Array): Uint8Array => setOf(sequence(oid(type), value))
