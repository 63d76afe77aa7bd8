/**
 * P-256 keys. The scalar multiplication that turns a derived scalar into its point is noble's, because WebCrypto
 * imports no private key without its public half in every browser; the secrets are then used by WebCrypto.
 */
import { p256 } from '@noble/curves/nist.js'
import { b64 } from './canonical'
import { type Bytes, own } from './bytes'
import { Invalid } from './errors'
import { POINT } from './suite'

/** A key that agrees on secrets and never shows itself. A certificate's key may be one (`Signer`). */
export interface PrivateKey {
  readonly point: Uint8Array
  /** The x coordinate of the shared point; `bad-point` when the other's is not on the curve. */
  agree(point: Uint8Array): Promise<Uint8Array>
}

/** `bad-point` unless these are the 65 bytes of a point of the curve. */
export function checkPoint(point: Uint8Array): void {
  if (point.length !== POINT || point[0] !== 4) {
    throw new Invalid('bad-point', `a public key has ${POINT} bytes, not ${point.length}`)
  }
  try {
    p256.Point.fromBytes(point).assertValidity()
  } catch {
    throw new Invalid('bad-point', 'the public key is not a point of the curve')
  }
}

/** The uncompressed point of a scalar; `bad-key` when it is out of range. */
export function pointOf(scalar: Uint8Array): Bytes {
  if (scalar.length !== 32) throw new Invalid('bad-key', 'a private key has 32 bytes')
  try {
    return own(p256.getPublicKey(scalar, false))
  } catch {
    throw new Invalid('bad-key', 'the private key is out of range')
  }
}

function jwk(point: Uint8Array, scalar?: Uint8Array): JsonWebKey {
  const key: JsonWebKey = { kty: 'EC', crv: 'P-256', x: b64(point.subarray(1, 33)), y: b64(point.subarray(33)), ext: true }
  return scalar ? { ...key, d: b64(scalar) } : key
}

/** The private key of 32 big-endian bytes, held by WebCrypto and not extractable. */
export async function privateFromBytes(scalar: Uint8Array, known?: Uint8Array): Promise<PrivateKey> {
  const point = known ?? pointOf(scalar)
  const key = await crypto.subtle.importKey('jwk', jwk(point, scalar), { name: 'ECDH', namedCurve: 'P-256' }, false, [
    'deriveBits',
  ])
  return privateFromKey(key, point)
}

/** A private key that WebCrypto already holds. */
export function privateFromKey(key: CryptoKey, point: Uint8Array): PrivateKey {
  return {
    point,
    async agree(other) {
      const peer = await publicKey(other, 'ECDH')
      return new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: peer }, key, 256))
    },
  }
}

async function publicKey(point: Uint8Array, name: 'ECDH' | 'ECDSA'): Promise<CryptoKey> {
  if (point.length !== POINT) throw new Invalid('bad-point', `a public key has ${POINT} bytes, not ${point.length}`)
  try {
    return await crypto.subtle.importKey('raw', own(point), { name, namedCurve: 'P-256' }, false, name === 'ECDSA' ? ['verify'] : [])
  } catch {
    throw new Invalid('bad-point', 'the public key is not a point of the curve')
  }
}

/** A raw `r || s` signature with SHA-256. */
export async function sign(scalar: Uint8Array, message: Uint8Array): Promise<Bytes> {
  const key = await crypto.subtle.importKey('jwk', jwk(pointOf(scalar), scalar), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, own(message)))
}

/** `bad-signature` unless it is the holder of `point`'s over `message`. */
export async function verify(point: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<void> {
  if (signature.length !== 64) throw new Invalid('bad-signature', 'a signature has 64 bytes')
  const key = await publicKey(point, 'ECDSA')
  if (!(await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, own(signature), own(message)))) {
    throw new Invalid('bad-signature', 'the signature is not over these bytes by this key')
  }
}
