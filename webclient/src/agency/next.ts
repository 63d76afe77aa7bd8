/** What a tender waits for: its stage, and the one thing its agency does next. */
import { FINISHED, RECEIVING } from './desk'
import { t } from './words'
import type { TenderLine } from './types'

export const STAGES = ['stageOpening', 'stageDraft', 'stageReceiving', 'stageOver'] as const
export type Stage = (typeof STAGES)[number]

export function stageOf(one: TenderLine): Stage {
  const states = one.lots.map((lot) => lot.state)
  if (!one.publishedAt) return 'stageDraft'
  if (states.some((state) => state === 'closed' || state === 'opened')) return 'stageOpening'
  return states.some((state) => RECEIVING.has(state) || state === 'draft') ? 'stageReceiving' : 'stageOver'
}

export interface Step {
  text: string
  to?: string
}

export function nextStep(one: TenderLine): Step {
  const base = `/agency/tenders/${one.tender}`
  if (one.objections) return { text: t('nextObjections', { n: one.objections }), to: `${base}/questions` }
  if (one.questions) return { text: t('nextQuestions', { n: one.questions }), to: `${base}/questions` }
  const closed = one.lots.find((lot) => lot.state === 'closed')
  if (closed) return { text: t('nextHall'), to: `/halls/${closed.lot}` }
  if (!one.publishedAt) return draftStep(one, base)
  const opened = one.lots.find((lot) => lot.state === 'opened')
  if (opened) return { text: t('nextRecord'), to: `${base}/lots/${opened.lot}/outcome` }
  return one.lots.every((lot) => FINISHED.has(lot.state)) ? { text: t('nextNone') } : { text: t('nextWait') }
}

function draftStep(one: TenderLine, base: string): Step {
  if (!one.lots.length) return { text: t('nextLots'), to: `${base}/lots/new` }
  if (one.check?.open.length) return { text: t('nextDefects'), to: `${base}/review` }
  if (one.keysMissing) return { text: t('nextKeys', { n: one.keysMissing }), to: `${base}/lots/${one.lots[0]!.lot}/officers` }
  return { text: t('nextDraft'), to: base }
}
