/**
 * One value, one encoding: canonical JSON (RFC 8785), narrowed to what every language reads the same
 * (docs/formats/canonical.md). No floats: money, ratios and 64-bit numbers are decimal strings.
 */
import { type Bytes, same, sha256, utf8 } from './bytes'
import { Invalid } from './errors'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

const MAX_DEPTH = 32
const SURROGATE = /\p{Surrogate}/u
const ASCII = /^[\x00-\x7f]*$/

/** The canonical bytes of `value`; `not-canonical` when it has none. */
export function canon(value: Json): Bytes {
  return utf8(written(value, 0))
}

function written(value: Json, depth: number): string {
  if (depth > MAX_DEPTH) throw new Invalid('not-canonical', `nested deeper than ${MAX_DEPTH}`)
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return text(value)
  if (typeof value === 'number') return integer(value)
  if (Array.isArray(value)) return `[${value.map((item: Json) => written(item, depth + 1)).join(',')}]`
  if (typeof value === 'object') return object(value as { readonly [name: string]: Json }, depth)
  throw new Invalid('not-canonical', `a value of type ${typeof value} has no canonical form`)
}

function text(value: string): string {
  if (SURROGATE.test(value)) throw new Invalid('not-canonical', 'a string holds half a character')
  if (!ASCII.test(value) && value.normalize('NFC') !== value) {
    throw new Invalid('not-canonical', 'a string is not in NFC')
  }
  return JSON.stringify(value)
}

function integer(value: number): string {
  if (!Number.isSafeInteger(value)) {
    throw new Invalid('not-canonical', 'a number is no integer of 53 bits; send it as a string')
  }
  return String(value === 0 ? 0 : value)
}

function object(value: { readonly [name: string]: Json }, depth: number): string {
  const names = Object.keys(value).sort()
  const members = names.map((name) => {
    const member = value[name]
    if (!ASCII.test(name)) throw new Invalid('not-canonical', 'an object key is not ASCII')
    if (member === undefined) throw new Invalid('not-canonical', 'a member has no value')
    return `${JSON.stringify(name)}:${written(member, depth + 1)}`
  })
  return `{${members.join(',')}}`
}

/**
 * The value whose canonical encoding is exactly `data` (at most `limit` bytes). Whatever else parses (another
 * order, spaces, a repeated key, a fraction) is `not-canonical`.
 */
export function parseCanonical(data: Uint8Array, limit: number): Json {
  if (data.length > limit) throw new Invalid('too-large', `${data.length} bytes where at most ${limit} are read`, { limit })
  let value: Json
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data)) as Json
  } catch {
    throw new Invalid('not-canonical', 'not JSON in UTF-8')
  }
  if (!same(canon(value), data)) {
    throw new Invalid('not-canonical', 'the bytes are not the canonical encoding of their value')
  }
  return value
}

/** base64url without padding (RFC 4648 section 5). */
export function b64(data: Uint8Array): string {
  return base64(data).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

/** Standard base64 with padding, as signed notes have it. */
export function base64(data: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < data.length; at += 0x8000) {
    binary += String.fromCharCode(...data.subarray(at, at + 0x8000))
  }
  return btoa(binary)
}

/** The bytes of `b64`; any other spelling of them is `bad-base64`. */
export function unb64(text: unknown): Bytes {
  if (typeof text !== 'string' || !/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) {
    throw new Invalid('bad-base64', 'not base64url without padding')
  }
  const data = decoded(text.replace(/-/g, '+').replace(/_/g, '/'))
  if (b64(data) !== text) throw new Invalid('bad-base64', 'unused bits are not zero')
  return data
}

/** The bytes of standard base64 in its only spelling; else `code`. */
export function unbase64(text: string, code: string): Bytes {
  try {
    const data = decoded(text)
    if (base64(data) === text) return data
  } catch {
    // falls through to the one refusal
  }
  throw new Invalid(code, 'not base64 in its only spelling')
}

const decoded = (text: string): Bytes => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export function hex(data: Uint8Array): string {
  let out = ''
  for (const byte of data) out += HEX[byte]
  return out
}

/** The bytes of a lower-case hex string, exactly `size` of them if given; else `bad-hex`. */
export function unhex(text: unknown, size?: number): Bytes {
  if (typeof text !== 'string' || !/^(?:[0-9a-f]{2})*$/.test(text) || (size !== undefined && text.length !== 2 * size)) {
    throw new Invalid('bad-hex', 'not a lower-case hexadecimal string of the right length')
  }
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16))
}

/** SHA-256 of the concatenation, in lower-case hex. */
export const sha256hex = (...parts: readonly Uint8Array[]): string => hex(sha256(...parts))

/** `2026-11-22T08:00:00.000Z`: an instant in UTC, cut to milliseconds. */
export const iso = (at: Date): string => at.toISOString()

/** The instant of `iso`; any other spelling is `bad-instant`. */
export function parseIso(text: unknown): Date {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) {
    throw new Invalid('bad-instant', 'not an instant such as 2026-11-22T08:00:00.000Z')
  }
  const at = new Date(text)
  if (Number.isNaN(at.getTime()) || at.toISOString() !== text) throw new Invalid('bad-instant', 'no such day or time')
  return at
}
