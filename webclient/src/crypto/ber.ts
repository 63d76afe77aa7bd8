/** Signing tools of certificate authorities write CMS in BER with open lengths; everything here reads DER. */
import { NotDer } from '@/identity/signer/der'
import { type Bytes, concat } from './bytes'

const MAX_DEPTH = 32

interface Read {
  element: Uint8Array
  next: number
}

/** The same elements with every open length (RFC: indefinite, X.690 8.1.3.6) written out; DER stays as it is. */
export function definite(data: Uint8Array): Uint8Array {
  const { element, next } = read(data, 0, 0)
  if (next !== data.length) throw new NotDer('bytes after the end')
  return element
}

function read(data: Uint8Array, at: number, depth: number): Read {
  const tag = data[at]
  const size = data[at + 1]
  if (tag === undefined || size === undefined || (tag & 0x1f) === 0x1f || depth > MAX_DEPTH) throw new NotDer('no element here')
  if (size !== 0x80) return readDefinite(data, at, depth)
  if (!(tag & 0x20)) throw new NotDer('a primitive element has no open length')
  const inside: Uint8Array[] = []
  let next = at + 2
  while (data[next] !== 0 || data[next + 1] !== 0) {
    const one = read(data, next, depth + 1)
    inside.push(one.element)
    next = one.next
  }
  return { element: written(tag, concat(...inside)), next: next + 2 }
}

function readDefinite(data: Uint8Array, at: number, depth: number): Read {
  let size = data[at + 1] ?? 0
  let start = at + 2
  if (size & 0x80) {
    const count = size & 0x7f
    if (count > 4) throw new NotDer('longer than anything here')
    size = 0
    for (let i = 0; i < count; i += 1) size = size * 256 + (data[start + i] ?? 0)
    start += count
  }
  const next = start + size
  if (next > data.length) throw new NotDer('cut short')
  const tag = data[at] ?? 0
  if (!(tag & 0x20) || depth > 3) return { element: data.subarray(at, next), next } // nothing below is ever open
  const inside: Uint8Array[] = []
  for (let inner = start; inner < next; ) {
    const one = read(data.subarray(0, next), inner, depth + 1)
    inside.push(one.element)
    inner = one.next
  }
  const body = concat(...inside)
  return { element: body.length === size ? data.subarray(at, next) : written(tag, body), next }
}

function written(tag: number, value: Uint8Array): Bytes {
  const size: number[] = []
  for (let rest = value.length; rest > 0; rest = Math.floor(rest / 256)) size.unshift(rest % 256)
  const head = value.length < 0x80 ? [tag, value.length] : [tag, 0x80 | size.length, ...size]
  return concat(Uint8Array.from(head), value)
}
