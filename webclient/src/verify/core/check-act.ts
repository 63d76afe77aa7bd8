/** A receipt of an act in the hall (操作回执): that the log holds this very event, at this place and time. */
import { same } from '@/crypto/bytes'
import { hex, unb64, unbase64 } from '@/crypto/canonical'
import { Invalid } from '@/crypto/errors'
import { commitment, type DisclosedEvent, leafOf } from '@/crypto/log-leaf'
import { verifyInclusion } from '@/crypto/merkle'
import { single, rememberedLog } from './check-archive'
import { type ActFacts, blank, type Reporter, type Result, verdictOf } from './checks'
import type { LiveLog, Memory } from './memory'
import type { Platform } from './platform'
import { type Findings, Skipped, type Step } from './report'

const LABEL = 'kaibiao/act-receipt/v1'
const STEPS = ['act-read', 'memory', 'act-logged'] as const
const TEXTS = ['stream', 'type', 'seat', 'at', 'salt'] as const
const NUMBERS = ['index', 'version'] as const

export interface Act {
  lot: string
  event: DisclosedEvent
}

/** The file as a receipt of an act; null where it is something else. Throws `act-unreadable`. */
export function parseAct(data: Uint8Array): Act | null {
  let value: Record<string, unknown>
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data)) as Record<string, unknown>
  } catch {
    return null
  }
  if (value.label !== LABEL) return null
  const event = (value.event ?? {}) as Record<string, unknown>
  const sound =
    typeof value.lot === 'string' &&
    TEXTS.every((name) => typeof event[name] === 'string') &&
    NUMBERS.every((name) => Number.isSafeInteger(event[name]) && (event[name] as number) >= 0) &&
    typeof event.body === 'object' && event.body !== null && !Array.isArray(event.body)
  if (!sound) throw new Invalid('act-unreadable', 'a member is missing or of another kind')
  return { lot: value.lot as string, event: event as unknown as DisclosedEvent }
}

export async function checkAct({ lot, event }: Act, memory: Memory, platform: Platform, reporter: Reporter): Promise<Result> {
  reporter.kind('act', STEPS)
  const facts: ActFacts = { lot, title: '', type: event.type, seat: event.seat, at: event.at, index: event.index, leaf: '', body: JSON.stringify(event.body, null, 2) }
  const steps: Step[] = []
  const take = async (id: string, run: (findings: Findings) => Promise<void>): Promise<void> => {
    reporter.starting(id)
    const step = await single(id, run)
    steps.push(step)
    reporter.step(step)
  }
  await take('act-read', async (findings) => {
    if (event.stream !== `hall:${lot}`) throw new Invalid('act-elsewhere', `${event.stream} / ${lot}`)
    facts.leaf = hex(commitment(unb64(event.salt ?? ''), event))
    findings.note('act-is', { type: event.type, at: event.at })
    const shown = await platform.json<{ tenderTitle: string; title: string }>(`/lots/${encodeURIComponent(lot)}`).catch(() => null)
    if (shown) facts.title = shown.title === shown.tenderTitle ? shown.title : `${shown.tenderTitle} · ${shown.title}`
  })
  const { live, step } = await rememberedLog(platform, memory)
  steps.push(step)
  reporter.step(step)
  await take('act-logged', (findings) => logged(event, live, platform, findings))
  return {
    ...blank('act', live?.memory ?? memory),
    verdict: verdictOf(steps, ['act-read', 'act-logged']),
    steps,
    trusted: live ? [{ key: live.from === 'remembered' ? 'log-key-remembered' : 'log-key-platform', params: { key: live.verifier.keyId, name: live.verifier.name } }] : [],
    act: facts,
  }
}

/** The event's leaf, computed here, is the one that stands at its place below the checkpoint of today. */
async function logged(event: DisclosedEvent, live: LiveLog | null, platform: Platform, findings: Findings): Promise<void> {
  if (!live) throw new Skipped({ key: 'no-live-log' })
  const { size, root } = live.checkpoint
  if (event.index >= size) throw new Skipped({ key: 'act-pending', params: { index: event.index, size } })
  const leaf = leafOf(event)
  const served = await platform.json<{ proof: string[]; leaf: string }>(`/log/proof/inclusion?index=${event.index}&size=${size}`)
  if (!same(leaf, unbase64(served.leaf, 'bad-leaf'))) throw new Invalid('body-differs', 'another event stands at this place of the log')
  verifyInclusion(leaf, event.index, size, served.proof.map((one) => unbase64(one, 'not-included')), root)
  findings.note('act-proven', { index: event.index, size, at: event.at })
}
