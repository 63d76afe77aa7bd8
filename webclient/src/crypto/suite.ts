/** The algorithms of a sealed bid, named by the suite that stands in every context (`crypto/suite.py`). */
import { expand, extract } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { type Bytes, own } from './bytes'
import { Invalid } from './errors'

export const VERSION = 'kaibiao/bid/v1'
export const SUITE = 'KB1-P256-HKDF-SHA256-AES256GCM'
export const KEY = 32
export const NONCE = 12
export const TAG = 16
export const POINT = 65
/** How many bytes longer than its plaintext an HPKE message is. */
export const HPKE_OVERHEAD = POINT + TAG

export function checkSuite(name: string): void {
  if (name !== SUITE) throw new Invalid('unknown-suite', `no suite is called ${name.slice(0, 80)}`)
}

/** HMAC (RFC 2104) with SHA-256. */
export const mac = (key: Uint8Array, data: Uint8Array): Bytes => own(hmac(sha256, key, data))

/** HKDF (RFC 5869) with SHA-256. */
export function hkdf(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length = KEY): Bytes {
  return own(expand(sha256, extract(sha256, secret, salt), info, length))
}

export const hkdfExpand = (prk: Uint8Array, info: Uint8Array, length: number): Bytes =>
  own(expand(sha256, prk, info, length))

/** AES-256-GCM; the tag is the tail of the ciphertext. */
export class Aead {
  private constructor(private readonly key: CryptoKey) {}

  static async of(key: Uint8Array): Promise<Aead> {
    return new Aead(await crypto.subtle.importKey('raw', own(key), 'AES-GCM', false, ['encrypt', 'decrypt']))
  }

  async seal(nonce: Uint8Array, data: Uint8Array, associated?: Uint8Array): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.encrypt(parameters(nonce, associated), this.key, own(data)))
  }

  /** The plaintext, or null when the tag fails. */
  async open(nonce: Uint8Array, data: Uint8Array, associated?: Uint8Array): Promise<Bytes | null> {
    try {
      return new Uint8Array(await crypto.subtle.decrypt(parameters(nonce, associated), this.key, own(data)))
    } catch {
      return null
    }
  }
}

function parameters(nonce: Uint8Array, associated?: Uint8Array): AesGcmParams {
  const wanted: AesGcmParams = { name: 'AES-GCM', iv: own(nonce) }
  if (associated?.length) wanted.additionalData = own(associated)
  return wanted
}
