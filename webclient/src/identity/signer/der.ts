/**
 * The little of DER (X.690) that certificates and signatures need: reading TLVs, and writing them.
 *
 * Small on purpose: signing must work in workers and on the first load, without an ASN.1 library.
 */

export interface Tlv {
  readonly tag: number
  /** The content, without tag and length. */
  readonly value: Uint8Array
  /** The whole element as it stands in the file. */
  readonly raw: Uint8Array
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  t61: 0x14,
  ia5: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmp: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

export class NotDer extends Error {}

/** The element that starts at `at`. Throws `NotDer` when it does not lie inside the bytes. */
export function readTlv(bytes: Uint8Array, at = 0): Tlv {
  const tag = bytes[at]
  let size = bytes[at + 1]
  if (tag === undefined || size === undefined || (tag & 0x1f) === 0x1f) throw new NotDer('no element here')
  let start = at + 2
  if (size & 0x80) {
    const count = size & 0x7f
    if (count === 0 || count > 4) throw new NotDer('a length this long or open is not DER')
    size = 0
    for (let i = 0; i < count; i += 1) size = size * 256 + (bytes[start + i] ?? 0)
    start += count
  }
  if (start + size > bytes.length) throw new NotDer('cut short')
  return { tag, value: bytes.subarray(start, start + size), raw: bytes.subarray(at, start + size) }
}

/** One element and nothing after it. */
export function readWhole(bytes: Uint8Array): Tlv {
  const found = readTlv(bytes)
  if (found.raw.length !== bytes.length) throw new NotDer('bytes after the end')
  return found
}

/** The elements inside a constructed one. */
export function children(parent: Tlv): Tlv[] {
  const found: Tlv[] = []
  for (let at = 0; at < parent.value.length; ) {
    const child = readTlv(parent.value, at)
    found.push(child)
    at += child.raw.length
  }
  return found
}

/** The nth child. Throws `NotDer` when there is none. */
export function child(parent: Tlv, index: number): Tlv {
  const found = children(parent)[index]
  if (!found) throw new NotDer('an element is missing')
  return found
}

export function readOid(element: Tlv): string {
  const arcs: number[] = []
  let arc = 0
  for (const byte of element.value) {
    arc = arc * 128 + (byte & 0x7f)
    if (byte & 0x80) continue
    arcs.push(arc)
    arc = 0
  }
  const first = arcs.shift() ?? 0
  const top = Math.min(2, Math.floor(first / 40))
  return [top, first - top * 40, ...arcs].join('.')
}

/** A string of any of the types certificates use; empty for other elements. */
export function readText(element: Tlv): string {
  switch (element.tag) {
    case TAG.utf8:
    case TAG.printable:
    case TAG.ia5:
      return new TextDecoder().decode(element.value)
    case TAG.t61:
      return new TextDecoder('latin1').decode(element.value)
    case TAG.bmp:
      return new TextDecoder('utf-16be').decode(element.value)
    default:
      return ''
  }
}

const SHORT_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?Z$/
const LONG_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:\.\d+)?Z$/

/** UTCTime or GeneralizedTime, both in UTC as RFC 5280 4.1.2.5 wants them. */
export function readTime(element: Tlv): Date {
  const text = new TextDecoder().decode(element.value)
  const short = element.tag === TAG.utcTime
  const found = (short ? SHORT_TIME : LONG_TIME).exec(text)
  if (!found) throw new NotDer('not a time')
  const [, head = '', month, day, hour, minute, second = '0'] = found
  const year = short ? Number(head) + (Number(head) < 50 ? 2000 : 1900) : Number(head)
  return new Date(Date.UTC(year, Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)))
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
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

export const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && compare(a, b) === 0

export function tlv(tag: number, ...contents: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const value = concat(...contents)
  const size: number[] = []
  for (let rest = value.length; rest > 0; rest = Math.floor(rest / 256)) size.unshift(rest % 256)
  const head = value.length < 0x80 ? [tag, value.length] : [tag, 0x80 | size.length, ...size]
  return concat(Uint8Array.from(head), value)
}

export const sequence = (...items: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => tlv(TAG.sequence, ...items)
/** DER orders a SET OF by the encodings of its members. */
export const setOf = (...items: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  tlv(TAG.set, ...[...items].sort(compare))
export const octets = (value: Uint8Array): Uint8Array<ArrayBuffer> => tlv(TAG.octetString, value)
export const bits = (value: Uint8Array): Uint8Array<ArrayBuffer> => tlv(TAG.bitString, Uint8Array.of(0), value)
export const nothing = (): Uint8Array<ArrayBuffer> => tlv(TAG.null)
export const utf8 = (text: string): Uint8Array<ArrayBuffer> => tlv(TAG.utf8, new TextEncoder().encode(text))
export const printable = (text: string): Uint8Array<ArrayBuffer> => tlv(TAG.printable, new TextEncoder().encode(text))

/** A non-negative integer given by its bytes, most significant first. */
export function integer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1
  const value = bytes.subarray(start)
  const first = value[0]
  if (first === undefined) return tlv(TAG.integer, Uint8Array.of(0))
  return first & 0x80 ? tlv(TAG.integer, Uint8Array.of(0), value) : tlv(TAG.integer, value)
}

export function oid(dotted: string): Uint8Array<ArrayBuffer> {
  const [top = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const out: number[] = []
  for (const arc of [top * 40 + second, ...rest]) {
    const groups = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) | 0x80)
    out.push(...groups)
  }
  return tlv(TAG.oid, Uint8Array.from(out))
}

/** A time as X.509 and CMS write it: UTCTime until 2049, then GeneralizedTime; whole seconds. */
export function time(at: Date): Uint8Array<ArrayBuffer> {
  const digits = at.toISOString().replace(/\.\d+Z$/, 'Z').replace(/[-:T]/g, '')
  const text = new TextEncoder()
  if (at.getUTCFullYear() < 2050) return tlv(TAG.utcTime, text.encode(digits.slice(2)))
  return tlv(TAG.generalizedTime, text.encode(digits))
}
