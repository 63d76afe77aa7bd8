/** Ids of people, derived from what certificates say: as the platform's `bidding/people/ids.py`. */

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** `p_…`: one for each name under a credit code, known before that person ever signed in. */
export async function personId(creditCode: string, name: string): Promise<string> {
  const text = ['kaibiao/id/v1', 'person', creditCode, name.trim().normalize('NFC')].join('\x1f')
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return `p_${base32(digest.subarray(0, 16))}`
}

/** A fresh id: prefix, underscore, 16 random bytes. */
export function newId(prefix: string): string {
  return `${prefix}_${base32(crypto.getRandomValues(new Uint8Array(16)))}`
}

function base32(bytes: Uint8Array): string {
  let out = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    for (; bits >= 5; bits -= 5) out += ALPHABET[(held >> (bits - 5)) & 31]
    held &= (1 << bits) - 1
  }
  return bits ? out + ALPHABET[(held << (5 - bits)) & 31] : out
}
