/** What is known about one bid that dropped out: what its bidder did and said, and whether the platform was there. */
import { get } from '@/api/http'
import type { HallView } from '../../wire'
import type { EvidenceEvent } from '@/wire/hall'

export type { EvidenceEvent } from '@/wire/hall'

export interface Statement {
  type: string
  receivedAt: string
  kind?: string
  facts?: Record<string, string>
}

export interface Evidence {
  events: EvidenceEvent[]
  statements: Statement[]
  /** Times in which the platform was away; null when it could not be asked. */
  away: { from: string; until: string }[] | null
}

export async function fetchEvidence(lot: string, bid: string): Promise<Evidence> {
  const at = `${encodeURIComponent(lot)}`
  const [told, stated, reached] = await Promise.all([
    get<{ events: EvidenceEvent[] }>(`/halls/${at}/evidence/${encodeURIComponent(bid)}`),
    // Not every official may read what a receipt key stated; the rest of the evidence stands without it.
    get<{ statements: { type: string; receivedAt: string; statement: string }[] }>(`/lots/${at}/bids/${encodeURIComponent(bid)}/statements`).catch(() => ({ statements: [] })),
    get<{ away: { from: string; until: string }[] }>(`/lots/${at}/reachability`).catch(() => null),
  ])
  return { events: told.events, statements: stated.statements.map(readStatement), away: reached?.away ?? null }
}

function readStatement(one: { type: string; receivedAt: string; statement: string }): Statement {
  const { kind, facts } = JSON.parse(one.statement) as { kind?: string; facts?: Record<string, string> }
  return { type: one.type, receivedAt: one.receivedAt, ...(kind ? { kind } : {}), ...(facts ? { facts } : {}) }
}

/** When phase A of this session ran, as the hall's course tells it. */
export function phaseA(view: HallView): { from: string; until: string } | null {
  const turns = Object.values(view.course ?? {})
  const from = turns.findLast((one) => one.kind === 'decrypting')?.at
  const until = turns.findLast((one) => one.kind === 'decryption-ended')?.at
  return from && until ? { from, until } : null
}

/** The outages that fell into a window. */
export function within(away: { from: string; until: string }[], window: { from: string; until: string } | null): { from: string; until: string }[] {
  if (!window) return away
  return away.filter((gap) => Date.parse(gap.until) > Date.parse(window.from) && Date.parse(gap.from) < Date.parse(window.until))
}


