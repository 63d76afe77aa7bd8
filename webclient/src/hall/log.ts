/**
 * The hall's log, made from the view and nothing else: whoever comes late reads the same lines. Pure.
 *
 * What concerns the hall comes from its course; what concerns a bid from its row, remembered as long as that row lives.
 */
import type { Row } from './store'
import type { BidRow, HallView, LineView } from './wire'
import { turns } from './stations'

export interface Entry {
  /** Unique in a hall and the same for everybody. */
  key: string
  at: string
  /** `turn`: a station of the hall; `bid`: something a bidder did or suffered; the others as they say. */
  group: 'turn' | 'bid' | 'seat' | 'objection' | 'record'
  kind: string
  /** Whom it is about: name of a bidder or key of a seat. */
  who?: string
  facts: Record<string, unknown>
}

const BY_ROW = new WeakMap<Row, Entry[]>()

const LINE_TIMES: readonly (readonly [keyof LineView, string])[] = [
  ['fetchedAt', 'fetched'],
  ['releasedAt', 'released'],
  ['readAt', 'read'],
  ['confirmedAt', 'confirmed'],
]

function ofRow(row: Row): Entry[] {
  const known = BY_ROW.get(row)
  if (known) return known
  const made = entriesOf(row.id, row.bid)
  BY_ROW.set(row, made)
  return made
}

function entriesOf(id: string, bid: BidRow): Entry[] {
  const who = bid.name ?? id
  const entries: Entry[] = []
  const add = (kind: string, at: string | undefined, facts: Record<string, unknown> = {}): void => {
    if (at) entries.push({ key: `${id} ${kind}`, at, group: 'bid', kind, who, facts })
  }
  add('present', bid.presentAt)
  for (const [part, line] of Object.entries(bid.parts)) {
    for (const [time, kind] of LINE_TIMES) {
      const at = line[time] as string | undefined
      if (at) entries.push({ key: `${id} ${kind} ${part}`, at, group: 'bid', kind, who, facts: { ...line, part } })
    }
  }
  const failure = bid.failure
  if (failure) {
    add('failure', failure.at, { ...failure })
    add('decided', failure.decidedAt, { ...failure })
  }
  return entries
}

/** All lines, oldest first. */
export function logOf(view: HallView, rows: readonly Row[]): Entry[] {
  const entries: Entry[] = turns(view).map((turn, n) => {
    const { kind, at, ...facts } = turn
    return { key: `turn ${n + 1}`, at, group: 'turn', kind, facts }
  })
  for (const row of rows) for (const entry of ofRow(row)) entries.push(entry)
  for (const [key, seat] of Object.entries(view.seats ?? {})) {
    if (seat.signedInAt) entries.push({ key: `seat ${key}`, at: seat.signedInAt, group: 'seat', kind: 'signed-in', who: key, facts: {} })
  }
  for (const [id, o] of Object.entries(view.objections ?? {})) {
    entries.push({ key: `raised ${id}`, at: o.at, group: 'objection', kind: 'raised', who: o.by, facts: { ...o } })
    if (o.answeredAt) entries.push({ key: `answered ${id}`, at: o.answeredAt, group: 'objection', kind: 'answered', who: o.answeredBy ?? '', facts: { ...o } })
  }
  for (const [code, at] of Object.entries(view.record?.signed ?? {})) {
    entries.push({ key: `signed ${code}`, at, group: 'record', kind: 'signed', who: nameOf(rows, code), facts: {} })
  }
  return entries.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : rank(a) - rank(b)))
}

/** Turns that end something: what ended them happened before, though the log gives both one instant. */
const ENDS = new Set(['decryption-ended', 'admitted', 'hall-released', 'confirming', 'objections', 'record', 'signing-closed', 'recorded'])

/** At one instant a station comes before what happens in it, and its end after. */
export function rank(entry: { group: string; kind: string }): number {
  return entry.group !== 'turn' ? 1 : ENDS.has(entry.kind) ? 2 : 0
}

function nameOf(rows: readonly Row[], code: string): string {
  return rows.find((row) => row.bid.creditCode === code)?.bid.name ?? code
}
