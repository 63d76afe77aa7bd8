/** An archive with its manifest read; nothing in it is verified yet. Mirrors `bidding/verify/container.py`. */
import { type Json, parseCanonical, unb64, unhex } from '@/crypto/canonical'
import { crc32 } from '@/crypto/crc32'
import { merkleRoot } from '@/crypto/stream'
import { hex } from '@/crypto/canonical'
import * as layout from '../layout'
import { Failed, Unreadable } from '../report'
import type { Source } from '../source'

const LABEL = 'kaibiao/archive/v1'
const MAX_MANIFEST = 64 << 20
const MAX_SIGNATURE = 64 << 10
/** Entries that a step reads whole (events, PDF, evidence) may have so many bytes: they stand in memory. */
const MAX_SMALL = 128 << 20
const TAIL = 128 << 10
export const LEAF = 1 << 20
export const RIGHTS = ['public', 'party', 'supervisor', 'court'] as const
export type Right = (typeof RIGHTS)[number]

/** One entry with its digest: `sha256` of the whole, or the hashes of its 1 MiB leaves. */
export interface Described {
  entry: layout.Entry
  sha256: string
  leaves: Uint8Array[] | null
  root: string
}
export interface ArchiveManifest {
  tender: string
  lot: string
  origin: string
  right: Right
  issuedAt: Date
  entries: Described[]
}

/** Canonical JSON in an entry, or in one line of it. */
export function parseEntry(path: string, data: Uint8Array, line?: number): Json {
  try {
    return parseCanonical(data, data.length)
  } catch (fault) {
    const { code, detail } = fault as { code?: string; detail?: string }
    throw new Failed(path, code ?? 'not-canonical', `${line ? `line ${line}: ` : ''}${detail ?? ''}`)
  }
}

export class Opened {
  constructor(
    readonly source: Source,
    readonly manifestBytes: Uint8Array,
    readonly signature: Uint8Array,
    readonly manifest: ArchiveManifest,
    readonly entries: ReadonlyMap<string, Described>,
    /** Where each entry's data starts. */
    readonly starts: ReadonlyMap<string, number>,
  ) {}

  has(name: string): boolean {
    return this.entries.has(name)
  }
  /** The entries under a prefix, in their order. */
  names(prefix: string): string[] {
    return [...this.entries.keys()].filter((name) => name.startsWith(prefix))
  }
  /** A small entry whole; refuses where it is missing. */
  async read(name: string): Promise<Uint8Array> {
    const described = this.entries.get(name)
    const start = this.starts.get(name)
    if (!described || start === undefined) throw new Failed(name, 'entry-missing', 'a step needs it')
    if (described.entry.size > MAX_SMALL) throw new Failed(name, 'entry-too-large')
    return this.source.read(start, described.entry.size)
  }
  /** One 1 MiB leaf of a large entry. */
  async segment(name: string, number: number): Promise<Uint8Array> {
    const size = this.entries.get(name)!.entry.size
    return this.source.read(this.starts.get(name)! + number * LEAF, Math.min(LEAF, size - number * LEAF))
  }
  async text(name: string): Promise<string> {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(await this.read(name))
    } catch (fault) {
      if (fault instanceof Failed) throw fault
      throw new Failed(name, 'not-utf-8')
    }
  }
  async json(name: string): Promise<Json> {
    return parseEntry(name, await this.read(name))
  }
  /** The canonical JSON values of a .jsonl entry, with their line numbers from 1. */
  async lines(name: string): Promise<{ line: number; value: Json }[]> {
    const data = await this.read(name)
    if (data.length && data.at(-1) !== 0x0a) throw new Failed(name, 'not-canonical', 'the last line is cut')
    const found: { line: number; value: Json }[] = []
    for (let at = 0; at < data.length; ) {
      const end = data.indexOf(0x0a, at)
      found.push({ line: found.length + 1, value: parseEntry(name, data.subarray(at, end), found.length + 1) })
      at = end + 1
    }
    return found
  }
}

/** Find and parse the manifest, from the front or by the central directory. */
export async function openArchive(source: Source): Promise<Opened> {
  const found = (await front(source)) ?? (await byDirectory(source))
  if (!found) throw new Unreadable('no MANIFEST.json in it')
  const [head, signatureHead] = found
  if (head.size > MAX_MANIFEST || signatureHead.size > MAX_SIGNATURE) throw new Failed(layout.MANIFEST, 'manifest-malformed', 'too large')
  const content = (one: layout.Found): Promise<Uint8Array> => source.read(one.offset + layout.localHeaderSize(one.name), one.size)
  const [data, signature] = [await content(head), await content(signatureHead)]
  let manifest: ArchiveManifest
  try {
    manifest = parseManifest(data)
  } catch (fault) {
    const { detail, message } = fault as { detail?: string; message: string }
    throw new Failed(layout.MANIFEST, 'manifest-malformed', detail ?? message, { offset: head.offset })
  }
  const entries = expected(manifest, data, signature)
  const offsets = layout.offsets(entries)
  const starts = new Map(entries.map((entry, n) => [entry.name, offsets[n]! + layout.localHeaderSize(entry.name)]))
  return new Opened(source, data, signature, manifest, new Map(manifest.entries.map((one) => [one.entry.name, one])), starts)
}

/** All entries in their order, manifest and signature first. */
export function expected(manifest: ArchiveManifest, data: Uint8Array, signature: Uint8Array): layout.Entry[] {
  return [
    { name: layout.MANIFEST, size: data.length, crc32: crc32(data) >>> 0 },
    { name: layout.SIGNATURE, size: signature.length, crc32: crc32(signature) >>> 0 },
    ...manifest.entries.map((one) => one.entry),
  ]
}

async function front(source: Source): Promise<[layout.Found, layout.Found] | null> {
  const head = layout.parseLocal(await source.read(0, 256), 0)
  if (head?.name !== layout.MANIFEST) return null
  const at = layout.localHeaderSize(layout.MANIFEST) + head.size
  const signature = layout.parseLocal(await source.read(at, 256), at)
  return signature?.name === layout.SIGNATURE ? [head, signature] : null
}

async function byDirectory(source: Source): Promise<[layout.Found, layout.Found] | null> {
  const end = await findEnd(source)
  if (!end) return null
  const shift = end.offset - end.recordedOffset
  const found = new Map((await readDirectory(source, end)).map((one) => [one.name, { ...one, offset: one.offset + shift }]))
  const [head, signature] = [found.get(layout.MANIFEST), found.get(layout.SIGNATURE)]
  return head && signature ? [head, signature] : null
}

/** The end records, wherever in the last bytes they are. */
export async function findEnd(source: Source): Promise<layout.End | null> {
  const start = Math.max(0, source.size - TAIL)
  return layout.parseEnd(await source.read(start, TAIL), start)
}

export async function readDirectory(source: Source, end: layout.End): Promise<layout.Found[]> {
  return layout.parseDirectory(await source.read(end.offset, Math.min(end.size, MAX_MANIFEST)))
}

const MEMBERS = ['entries', 'issuedAt', 'label', 'lot', 'origin', 'right', 'tender']
type Named = Readonly<Record<string, Json>>

function parseManifest(data: Uint8Array): ArchiveManifest {
  const value = parseCanonical(data, MAX_MANIFEST) as Named
  if (typeof value !== 'object' || value === null || value.label !== LABEL) throw new Error(`the label is not ${LABEL}`)
  if (Object.keys(value).sort().join() !== MEMBERS.join()) throw new Error('it holds fields that this version does not know')
  const right = RIGHTS.find((one) => one === value.right)
  const issuedAt = new Date(String(value.issuedAt))
  if (!right || Number.isNaN(issuedAt.getTime())) throw new Error('right or time')
  const entries = (value.entries as readonly Json[]).map(parseDescribed)
  const names = entries.map((one) => one.entry.name)
  if (names.some((name, n) => n > 0 && !(names[n - 1]! < name))) throw new Error('the entries are not sorted, or one stands twice')
  for (const name of names) {
    if (!layout.nameIsAllowed(name) || name === layout.MANIFEST || name === layout.SIGNATURE) throw new Error(`an entry may not be called ${name}`)
  }
  return { tender: line(value.tender), lot: line(value.lot), origin: line(value.origin), right, issuedAt, entries }
}

function line(value: Json | undefined): string {
  if (typeof value !== 'string' || !value || value.includes('\n')) throw new Error('a field is not a line of text')
  return value
}

function parseDescribed(item: Json): Described {
  const value = item as Named
  const size = value.size
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw new Error('an entry has no size')
  const crc = unhex(value.crc32, 4).reduce((sum, byte) => sum * 256 + byte, 0)
  const entry = { name: line(value.name), size, crc32: crc }
  if ('sha256' in value) {
    unhex(value.sha256, 32)
    if (Object.keys(value).length !== 4) throw new Error('an entry holds fields that this version does not know')
    return { entry, sha256: String(value.sha256), leaves: null, root: '' }
  }
  const joined = unb64(value.leaves)
  const leaves = Array.from({ length: joined.length / 32 }, (_, n) => joined.subarray(n * 32, n * 32 + 32))
  if (joined.length % 32 || leaves.length !== Math.ceil(size / LEAF)) throw new Error(`${entry.name} has the wrong number of leaves`)
  const root = hex(merkleRoot(leaves))
  if (root !== value.root || Object.keys(value).length !== 5) throw new Error(`${entry.name} states another root than its leaves give`)
  return { entry, sha256: '', leaves, root }
}
