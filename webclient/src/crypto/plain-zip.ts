/**
 * The ZIP inside a payload: one archive, one reading (docs/formats/stream.md). Stored entries, contiguous, in order;
 * every header is a pure function of names, sizes and checksums.
 */
import { type Bytes, concat, utf8 } from './bytes'
import { Invalid } from './errors'

export const MAX_ENTRIES = 10_000
const MAX_NAME = 240
const MAX_32 = 0xffffffff
const UTF8_FLAG = 0x0800
const DAY = 0x0021 // 1980-01-01, the earliest date the format has: files carry no times
const RESERVED = /^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])$/
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
const MEANING = /[\\:*?"<>|]/

/** One file: relative name with `/`, and its bytes. */
export interface EntrySize {
  readonly name: string
  readonly size: number
}
export interface Entry extends EntrySize {
  readonly crc: number
}

/** Equality without regard to case, as wide as Python's `casefold`. */
const folded = (name: string): string => name.toUpperCase().toLowerCase()

/** `bad-file-name` unless the names are safe, and distinct, on every system a bid is unpacked on. */
export function checkNames(names: readonly string[]): void {
  if (names.length > MAX_ENTRIES) throw new Invalid('bad-zip', `more than ${MAX_ENTRIES} files`)
  const seen = new Set<string>()
  const folders = new Set<string>()
  for (const name of names) {
    checkName(name)
    const plain = folded(name)
    if (seen.has(plain)) throw new Invalid('bad-file-name', 'two files have the same name', { name, why: 'repeated' })
    seen.add(plain)
    const steps = plain.split('/')
    for (let depth = 1; depth < steps.length; depth += 1) folders.add(steps.slice(0, depth).join('/'))
  }
  for (const name of seen) {
    if (folders.has(name)) throw new Invalid('bad-file-name', 'a name is both a file and a folder', { name, why: 'folder' })
  }
}

function checkName(name: string): void {
  const refuse = (why: string, detail: string) => new Invalid('bad-file-name', detail, { name: name.slice(0, 80), why })
  if (/\p{Surrogate}/u.test(name)) throw refuse('invisible', 'the name holds half a character')
  const size = utf8(name).length
  if (size === 0 || size > MAX_NAME) throw refuse('length', `a name has 1 to ${MAX_NAME} bytes`)
  if (name.normalize('NFC') !== name) throw refuse('nfc', 'the name is not in NFC')
  if (INVISIBLE.test(name)) throw refuse('invisible', 'the name holds an invisible character')
  if (MEANING.test(name)) throw refuse('character', 'the name holds a character that some systems give a meaning')
  for (const step of name.split('/')) {
    if (step === '' || step === '.' || step === '..' || step !== step.trim() || step.endsWith('.')) {
      throw refuse('step', 'the name leaves its folder, or a step of it is empty or ends in a dot or space')
    }
    if (RESERVED.test(folded(step.split('.')[0] ?? ''))) throw refuse('reserved', 'the name is reserved on some systems')
  }
}

class Writer {
  private readonly bytes: number[] = []

  u16(...values: number[]): this {
    for (const value of values) this.bytes.push(value & 255, (value >>> 8) & 255)
    return this
  }

  u32(...values: number[]): this {
    for (const value of values) this.u16(value % 65536, Math.floor(value / 65536))
    return this
  }

  u64(...values: number[]): this {
    for (const value of values) this.u32(value % 2 ** 32, Math.floor(value / 2 ** 32))
    return this
  }

  done(): Bytes {
    return Uint8Array.from(this.bytes)
  }
}

export function localHeader(entry: Entry): Bytes {
  const name = utf8(entry.name)
  const big = entry.size >= MAX_32
  const extra = big ? new Writer().u16(1, 16).u64(entry.size, entry.size).done() : new Uint8Array(0)
  const size = big ? MAX_32 : entry.size
  const head = new Writer()
    .u32(0x04034b50)
    .u16(big ? 45 : 20, UTF8_FLAG, 0, 0, DAY)
    .u32(entry.crc, size, size)
    .u16(name.length, extra.length)
  return concat(head.done(), name, extra)
}

/** The length of a local header does not depend on the checksum. */
export const localHeaderSize = (entry: EntrySize): number => localHeader({ ...entry, crc: 0 }).length

function centralHeader(entry: Entry, offset: number): Bytes {
  const name = utf8(entry.name)
  const wide = [...(entry.size >= MAX_32 ? [entry.size, entry.size] : []), ...(offset >= MAX_32 ? [offset] : [])]
  const extra = wide.length ? new Writer().u16(1, 8 * wide.length).u64(...wide).done() : new Uint8Array(0)
  const version = wide.length ? 45 : 20
  const size = Math.min(entry.size, MAX_32)
  const head = new Writer()
    .u32(0x02014b50)
    .u16(version, version, UTF8_FLAG, 0, 0, DAY)
    .u32(entry.crc, size, size)
    .u16(name.length, extra.length, 0, 0, 0)
    .u32(0, Math.min(offset, MAX_32))
  return concat(head.done(), name, extra)
}

/** Everything behind the last file: central directory and end records. */
export function directory(entries: readonly Entry[]): Bytes {
  let offset = 0
  const central: Bytes[] = []
  for (const entry of entries) {
    central.push(centralHeader(entry, offset))
    offset += localHeaderSize(entry) + entry.size
  }
  const headers = concat(...central)
  const count = entries.length
  const end: Bytes[] = []
  if (offset >= MAX_32) {
    end.push(new Writer().u32(0x06064b50).u64(44).u16(45, 45).u32(0, 0).u64(count, count, headers.length, offset).done())
    end.push(new Writer().u32(0x07064b50, 0).u64(offset + headers.length).u32(1).done())
  }
  end.push(new Writer().u32(0x06054b50).u16(0, 0, count, count).u32(headers.length, Math.min(offset, MAX_32)).u16(0).done())
  return concat(headers, ...end)
}

/** The length of the directory does not depend on the checksums. */
export const directorySize = (entries: readonly EntrySize[]): number =>
  directory(entries.map((entry) => ({ ...entry, crc: 0 }))).length

/** The bytes of the whole archive. */
export const archiveSize = (entries: readonly EntrySize[]): number =>
  entries.reduce((sum, entry) => sum + localHeaderSize(entry) + entry.size, 0) + directorySize(entries)
