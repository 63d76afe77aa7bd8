/**
 * The container of an archive: a ZIP in which no byte is free, so that every byte that is no data is recomputed
 * instead of trusted. Mirrors `bidding/archive/layout.py`; PKWARE APPNOTE 6.3.10.
 */
export const MANIFEST = 'MANIFEST.json'
export const SIGNATURE = 'MANIFEST.sig'

const LOCAL_MAGIC = 0x04034b50
const CENTRAL_MAGIC = 0x02014b50
const END64_MAGIC = 0x06064b50
const LOCATOR_MAGIC = 0x07064b50
const END_MAGIC = 0x06054b50
const VERSION = 45
const MADE_BY = (3 << 8) | VERSION
const DATE = 0x0021
const ALL = 0xffffffff

const LOCAL = 30
const LOCAL_EXTRA = 20
const CENTRAL = 46
const CENTRAL_EXTRA = 28
const END64 = 56
const LOCATOR = 20
const END = 22
export const END_SIZE = END64 + LOCATOR + END

const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]*(?:\/[A-Za-z0-9][A-Za-z0-9._+-]*)*$/

export interface Entry {
  name: string
  size: number
  crc32: number
}
/** A header as it was read, trusted in nothing. */
export interface Found {
  name: string
  size: number
  offset: number
}
export interface End {
  offset: number
  recordedOffset: number
  size: number
  fileEnd: number
}

export const nameIsAllowed = (name: string): boolean => name.length <= 200 && NAME.test(name)
export const localHeaderSize = (name: string): number => LOCAL + name.length + LOCAL_EXTRA

class Packer {
  readonly bytes: Uint8Array
  private readonly view: DataView
  private at = 0
  constructor(size: number) {
    this.bytes = new Uint8Array(size)
    this.view = new DataView(this.bytes.buffer)
  }
  u16(...values: number[]): this {
    for (const value of values) this.view.setUint16((this.at += 2) - 2, value, true)
    return this
  }
  u32(...values: number[]): this {
    for (const value of values) this.view.setUint32((this.at += 4) - 4, value, true)
    return this
  }
  u64(...values: number[]): this {
    for (const value of values) this.view.setBigUint64((this.at += 8) - 8, BigInt(value), true)
    return this
  }
  text(text: string): this {
    for (const letter of text) this.bytes[this.at++] = letter.charCodeAt(0)
    return this
  }
}

export function localHeader(entry: Entry): Uint8Array {
  return new Packer(localHeaderSize(entry.name))
    .u32(LOCAL_MAGIC)
    .u16(VERSION, 0, 0, 0, DATE)
    .u32(entry.crc32, ALL, ALL)
    .u16(entry.name.length, LOCAL_EXTRA)
    .text(entry.name)
    .u16(1, 16)
    .u64(entry.size, entry.size).bytes
}

function centralHeader(entry: Entry, offset: number): Uint8Array {
  return new Packer(CENTRAL + entry.name.length + CENTRAL_EXTRA)
    .u32(CENTRAL_MAGIC)
    .u16(MADE_BY, VERSION, 0, 0, 0, DATE)
    .u32(entry.crc32, ALL, ALL)
    .u16(entry.name.length, CENTRAL_EXTRA, 0, 0, 0)
    .u32(0o100644 * 0x10000, ALL)
    .text(entry.name)
    .u16(1, 24)
    .u64(entry.size, entry.size, offset).bytes
}

function endRecords(count: number, size: number, offset: number): Uint8Array {
  return new Packer(END_SIZE)
    .u32(END64_MAGIC)
    .u64(END64 - 12)
    .u16(MADE_BY, VERSION)
    .u32(0, 0)
    .u64(count, count, size, offset)
    .u32(LOCATOR_MAGIC, 0)
    .u64(offset + size)
    .u32(1, END_MAGIC)
    .u16(0, 0, 0xffff, 0xffff)
    .u32(ALL, ALL)
    .u16(0).bytes
}

/** Where each entry's local header starts. */
export function offsets(entries: readonly Entry[]): number[] {
  let at = 0
  return entries.map((entry) => {
    const start = at
    at += localHeaderSize(entry.name) + entry.size
    return start
  })
}

export function dataSize(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + localHeaderSize(entry.name) + entry.size, 0)
}

export function totalSize(entries: readonly Entry[]): number {
  const central = entries.reduce((sum, entry) => sum + CENTRAL + entry.name.length + CENTRAL_EXTRA, 0)
  return dataSize(entries) + central + END_SIZE
}

/** Everything after the last entry's data, one piece per header, the end records last. */
export function* directory(entries: readonly Entry[]): Generator<Uint8Array> {
  const starts = offsets(entries)
  let size = 0
  for (const [n, entry] of entries.entries()) {
    const piece = centralHeader(entry, starts[n]!)
    size += piece.length
    yield piece
  }
  yield endRecords(entries.length, size, dataSize(entries))
}

const viewOf = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset, data.byteLength)
const ascii = (data: Uint8Array): string => String.fromCharCode(...data)

/** The local header at the start of `data` (read from offset `at`), or null where there is none. */
export function parseLocal(data: Uint8Array, at: number): Found | null {
  const view = viewOf(data)
  if (data.length < LOCAL || view.getUint32(0, true) !== LOCAL_MAGIC) return null
  const nameSize = view.getUint16(26, true)
  const extraSize = view.getUint16(28, true)
  const end = LOCAL + nameSize
  if (extraSize !== LOCAL_EXTRA || data.length < end + extraSize) return null
  return { name: ascii(data.subarray(LOCAL, end)), size: Number(view.getBigUint64(end + 4, true)), offset: at }
}

/** The headers of a central directory in their order, until the first byte that is none. */
export function parseDirectory(data: Uint8Array): Found[] {
  const view = viewOf(data)
  const found: Found[] = []
  let at = 0
  while (at + CENTRAL <= data.length && view.getUint32(at, true) === CENTRAL_MAGIC) {
    const [nameSize, extraSize, commentSize] = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [number, number, number]
    let size = view.getUint32(at + 24, true)
    let offset = view.getUint32(at + 42, true)
    const nameEnd = at + CENTRAL + nameSize
    if (extraSize >= CENTRAL_EXTRA && nameEnd + CENTRAL_EXTRA <= data.length && view.getUint32(nameEnd, true) === 0x00180001) {
      size = Number(view.getBigUint64(nameEnd + 12, true))
      offset = Number(view.getBigUint64(nameEnd + 20, true))
    }
    found.push({ name: ascii(data.subarray(at + CENTRAL, nameEnd)), size, offset })
    at = nameEnd + extraSize + commentSize
  }
  return found
}

/** The end records within the file's last bytes, or null where there are none. */
export function parseEnd(tail: Uint8Array, tailOffset: number): End | null {
  const view = viewOf(tail)
  const last = (magic: number, room: number): number => {
    for (let at = tail.length - room; at >= 0; at -= 1) if (view.getUint32(at, true) === magic) return at
    return -1
  }
  let at = last(END64_MAGIC, END64)
  let size: number
  let recordedOffset: number
  let behind = at + END_SIZE
  if (at >= 0) {
    size = Number(view.getBigUint64(at + 40, true))
    recordedOffset = Number(view.getBigUint64(at + 48, true))
  } else {
    at = last(END_MAGIC, END)
    if (at < 0) return null
    size = view.getUint32(at + 12, true)
    recordedOffset = view.getUint32(at + 16, true)
    behind = at + END
  }
  const offset = tailOffset + at - size
  return offset >= 0 ? { offset, recordedOffset, size, fileEnd: tailOffset + behind } : null
}
