/** Bytes and hashes. Small hashes are computed at once (noble); whole segments go to WebCrypto. */
import { sha256 as hash } from '@noble/hashes/sha2.js'

export type Bytes = Uint8Array<ArrayBuffer>
/** Fresh secret bytes; tests put fixed ones in its place. */
export type Random = (size: number) => Bytes

/** WebCrypto's types want bytes that no other thread can change; ours never lie in shared memory. */
export const own = (data: Uint8Array): Bytes => data as Bytes

export const random: Random = (size) => crypto.getRandomValues(new Uint8Array(size))

const encoder = new TextEncoder()
export const utf8 = (text: string): Bytes => encoder.encode(text)

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference) return difference
  }
  return a.length - b.length
}

/** Equality in time that does not depend on where two values differ. */
export function same(a: Uint8Array | string, b: Uint8Array | string): boolean {
  const left = typeof a === 'string' ? utf8(a) : a
  const right = typeof b === 'string' ? utf8(b) : b
  if (left.length !== right.length) return false
  let difference = 0
  for (let i = 0; i < left.length; i += 1) difference |= (left[i] ?? 0) ^ (right[i] ?? 0)
  return difference === 0
}

export function u16(value: number): Bytes {
  return Uint8Array.of(value >>> 8, value)
}

export function u32(value: number): Bytes {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
}

export function u64(value: number | bigint): Bytes {
  const out = new Uint8Array(8)
  new DataView(out.buffer).setBigUint64(0, BigInt(value))
  return out
}

export const readU32 = (data: Uint8Array, at = 0): number =>
  new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(at)

export const readU64 = (data: Uint8Array, at = 0): bigint =>
  new DataView(data.buffer, data.byteOffset, data.byteLength).getBigUint64(at)

/** SHA-256 of the concatenation, at once: for what is a few hundred bytes. */
export function sha256(...parts: readonly Uint8Array[]): Bytes {
  return own(hash(parts.length === 1 && parts[0] ? parts[0] : concat(...parts)))
}

/** SHA-256 by WebCrypto, off this thread: for segments and documents. */
export async function digest(data: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', own(data)))
}
