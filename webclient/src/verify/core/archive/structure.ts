/** Every byte of the file that is no data is recomputed from the manifest; where one differs, why. */
import type { Findings, Wrong } from '../report'
import * as layout from '../layout'
import { expected, findEnd, type Opened, readDirectory } from './opened'

const MAX_DIFFERENCES = 64

/** Compare every byte that is not data with its recomputed value. */
export async function checkLayout(opened: Opened, findings: Findings): Promise<void> {
  const entries = expected(opened.manifest, opened.manifestBytes, opened.signature)
  const total = layout.totalSize(entries)
  const differences = await headerDifferences(opened, entries)
  if (opened.source.size === total && differences.length <= 1) {
    differences.forEach((one) => findings.take(one))
  } else {
    const named = await structure(opened, entries)
    if (!named.length && opened.source.size > total) {
      named.push({ path: '', reason: 'bytes-after', detail: `${opened.source.size - total}`, offset: total })
    }
    for (const one of named.length ? named : differences) findings.take(one)
  }
  findings.note('container', { entries: entries.length, bytes: total })
}

async function headerDifferences(opened: Opened, entries: readonly layout.Entry[]): Promise<Wrong[]> {
  const found: Wrong[] = []
  const compare = async (name: string, wanted: Uint8Array, at: number): Promise<void> => {
    const actual = await opened.source.read(at, wanted.length)
    const first = wanted.findIndex((byte, n) => actual[n] !== byte)
    if (first >= 0) found.push({ path: name, reason: name ? 'header-differs' : 'end-differs', offset: at + first })
  }
  const starts = layout.offsets(entries)
  for (const [n, entry] of entries.entries()) {
    if (found.length >= MAX_DIFFERENCES) return found
    await compare(entry.name, layout.localHeader(entry), starts[n]!)
  }
  let at = layout.dataSize(entries)
  const names = [...entries.map((entry) => entry.name), '']
  let n = 0
  for (const piece of layout.directory(entries)) {
    await compare(names[n++]!, piece, at)
    at += piece.length
  }
  return found
}

/** Entries left out, added, repeated, moved or of another size, and bytes where none belong. */
async function structure(opened: Opened, entries: readonly layout.Entry[]): Promise<Wrong[]> {
  const end = await findEnd(opened.source)
  const actual = end ? await readDirectory(opened.source, end) : []
  if (!end || !actual.length) return []
  const shift = end.offset - end.recordedOffset
  const wanted = new Map(entries.map((entry) => [entry.name, entry]))
  const listed = new Set(actual.map((one) => one.name))
  const wrong: Wrong[] = entries.filter((entry) => !listed.has(entry.name)).map((entry) => ({ path: entry.name, reason: 'entry-missing' }))
  const seen = new Set<string>()
  for (const one of actual) {
    const entry = wanted.get(one.name)
    const offset = one.offset + shift
    if (!entry) wrong.push({ path: one.name, reason: 'entry-extra', offset })
    else if (seen.has(one.name)) wrong.push({ path: one.name, reason: 'entry-repeated', offset })
    else if (one.size !== entry.size) wrong.push({ path: one.name, reason: 'entry-size', detail: `${one.size} / ${entry.size}` })
    seen.add(one.name)
  }
  const order = entries.filter((entry) => seen.has(entry.name)).map((entry) => entry.name)
  const placed = actual.filter((one) => wanted.has(one.name)).map((one) => one.name)
  if (order.length === placed.length) {
    placed.forEach((name, n) => {
      if (name !== order[n]) wrong.push({ path: name, reason: 'entry-out-of-order' })
    })
  }
  return [...wrong, ...(await gaps(opened, actual, shift, end))]
}

async function gaps(opened: Opened, actual: readonly layout.Found[], shift: number, end: layout.End): Promise<Wrong[]> {
  const wrong: Wrong[] = []
  let at = 0
  for (const one of [...actual].sort((a, b) => a.offset - b.offset)) {
    const start = one.offset + shift
    if (start !== at) wrong.push({ path: one.name, reason: 'bytes-before', detail: String(start - at), offset: Math.min(at, start) })
    const head = await opened.source.read(start, layout.localHeaderSize(one.name))
    if (!layout.parseLocal(head, start)) wrong.push({ path: one.name, reason: 'header-differs', offset: start })
    at = start + layout.localHeaderSize(one.name) + one.size
  }
  if (end.fileEnd !== opened.source.size) {
    wrong.push({ path: '', reason: 'bytes-after', detail: String(opened.source.size - end.fileEnd), offset: end.fileEnd })
  }
  return wrong
}
