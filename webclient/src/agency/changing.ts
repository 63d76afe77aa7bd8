/** The change notice being drafted: texts, answers, extensions; and what is sent of it. */
import { fromLocal } from './beijing'
import { useDraft, type Draft } from './draft'
import type { Fault } from './header'
import type { Answer, Change, Question } from './types'
import { t } from './change.words'
import { colon } from '@/i18n/marks'

export interface ChangeForm {
  title: string
  text: string
  lots: string[]
  affects: boolean
  reseal: boolean
  /** New deadlines by lot as typed; empty leaves them to the rules. */
  opensAt: Record<string, string>
  answers: (Answer & { kind: Question['kind'] })[]
}

export const emptyChange = (): ChangeForm => ({ title: '', text: '', lots: [], affects: false, reseal: false, opensAt: {}, answers: [] })

/** One draft for a tender, shared by the list of questions and the page that composes. */
export const changeDraft = (tender: string): Draft<ChangeForm> => useDraft(`${tender}:change`, emptyChange())

export function changeOf(form: ChangeForm): Change {
  const answers = form.answers.map(({ kind, ...answer }) => ({ kind, answer: { to: answer.to, text: answer.text.trim(), answer: answer.answer.trim() } }))
  const opensAt = Object.entries(form.opensAt).flatMap(([lot, typed]) => {
    const at = fromLocal(typed)
    return at ? [[lot, at] as const] : []
  })
  return {
    title: form.title.trim().normalize('NFC'),
    text: form.text.trim().normalize('NFC'),
    lots: form.lots,
    affects: form.affects,
    reseal: form.reseal,
    answers: answers.filter((one) => one.kind === 'question').map((one) => one.answer),
    objections: answers.filter((one) => one.kind === 'objection').map((one) => one.answer),
    opensAt: Object.fromEntries(opensAt),
  }
}

export function changeFaults(form: ChangeForm, deadlines: Record<string, string>): Fault[] {
  const faults: Fault[] = []
  if (!form.title.trim()) faults.push({ id: 'change-title', text: `${t('noticeTitle')}${colon()}${t('needs')}` })
  if (!form.text.trim() && !form.answers.length) faults.push({ id: 'change-text', text: `${t('text')}${colon()}${t('empty')}` })
  form.answers.forEach((one, n) => {
    if (!one.answer.trim() || !one.text.trim()) faults.push({ id: `answer-${n}`, text: `${t('answer')} ${n + 1}${colon()}${t('answerNeeded')}` })
  })
  for (const [lot, typed] of Object.entries(form.opensAt)) {
    const at = fromLocal(typed)
    if (at && at <= (deadlines[lot] ?? '')) faults.push({ id: `extend-${lot}`, text: `${t('extend')}${colon()}${t('later')}` })
  }
  return faults
}
