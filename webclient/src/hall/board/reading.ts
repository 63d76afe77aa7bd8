/** What is being read out (唱标), from the rows. Pure. */
import type { Row } from '../store'

export interface Reading {
  /** Rows whose line was read, in the order of reading. */
  read: readonly Row[]
  /** The line read last: the one that is being read. */
  current: Row | null
}

const KNOWN = new WeakMap<readonly Row[], Map<string, Reading>>()

export function reading(rows: readonly Row[], part: string): Reading {
  let kept = KNOWN.get(rows)
  if (!kept) KNOWN.set(rows, (kept = new Map<string, Reading>()))
  let found = kept.get(part)
  if (!found) kept.set(part, (found = make(rows, part)))
  return found
}

function make(rows: readonly Row[], part: string): Reading {
  const at = (row: Row): string => row.bid.parts[part]?.readAt ?? ''
  // The list's order is the order of reading: sorting is stable where instants are the same.
  const read = rows.filter(at).sort((a, b) => (at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : 0))
  return { read, current: read.at(-1) ?? null }
}
