/** A lot's terms as a form of plain texts, and back into what the platform takes. */
import { fromLocal, toLocal } from './beijing'
import { isMoney, isCreditCode, tidyMoney } from './checks'
import type { Fault } from './header'
import type { DrawRule, HallRules, LotTerms, Party, TermsBody } from './types'
import { t } from './lot.words'
import { t as tw } from './words'
import { colon } from '@/i18n/marks'

export const MONEY = ['estimate', 'ceiling', 'deposit', 'benchmark'] as const
export const WINDOWS = [
  ['sign_in_opens_seconds', 'signIn'],
  ['phase_a_seconds', 'phaseA'],
  ['confirmation_seconds', 'confirmation'],
  ['objection_seconds', 'objection'],
  ['signing_seconds', 'signing'],
] as const
export const CHOICES = ['duplicates', 'missing_confirmation', 'after_release_below_minimum', 'reading'] as const

export interface TermsForm {
  title: string
  opensAt: string
  supplyUntil: string
  money: Record<(typeof MONEY)[number], string>
  double: boolean
  evaluation: string
  invited: Party[]
  /** Minutes, empty for the default. */
  windows: Record<string, string>
  choices: Record<string, string>
  witness: string
  draw: boolean
  drawZh: string
  drawEn: string
  candidates: string
  when: 'opening' | 'early'
  drawSeats: string[]
}

export const DOUBLE = ['technical', 'price']
export const isDouble = (parts: readonly string[]): boolean => parts.includes('price')

export function termsForm(terms: LotTerms): TermsForm {
  const rules = terms.rules
  const draw = (rules.draw ?? null) as DrawRule | null
  const minutes = (name: string): string => (typeof rules[name] === 'number' ? String(rules[name] / 60) : '')
  return {
    title: terms.title,
    opensAt: toLocal(terms.opensAt),
    supplyUntil: toLocal(terms.supplyUntil),
    money: Object.fromEntries(MONEY.map((name) => [name, terms[name] ?? ''])) as TermsForm['money'],
    double: isDouble(terms.parts),
    evaluation: terms.evaluation,
    invited: terms.invited.map((one) => ({ ...one })),
    windows: Object.fromEntries(WINDOWS.map(([name]) => [name, minutes(name)])),
    choices: Object.fromEntries(CHOICES.map((name) => [name, String(rules[name] ?? '')])),
    witness: rules.witness_quorum === undefined ? '' : String(rules.witness_quorum),
    draw: draw !== null,
    drawZh: draw?.zh ?? '评标基准价系数',
    drawEn: draw?.en ?? 'benchmark coefficient',
    candidates: (draw?.candidates ?? []).join('\n'),
    when: draw?.when ?? 'opening',
    drawSeats: [...(draw?.seats ?? [])],
  }
}

/** The form with another's 标底, or with none: until the opening it is a secret (招标投标法 第二十二条) of those who are signed in. */
export const withBenchmarkOf = (form: TermsForm, from: TermsForm | null): TermsForm => ({
  ...form,
  money: { ...form.money, benchmark: from?.money.benchmark ?? '' },
})

export const candidatesOf = (form: TermsForm): string[] => form.candidates.split('\n').map((line) => line.trim()).filter(Boolean)

/** The form laid over the terms the platform has: what the form does not show stays as it is. */
export function termsOf(form: TermsForm, before: LotTerms): TermsBody {
  const parts = form.double === isDouble(before.parts) ? before.parts : form.double ? DOUBLE : ['main']
  const money = Object.fromEntries(MONEY.map((name) => [name, form.money[name] ? tidyMoney(form.money[name]) : null])) as Pick<LotTerms, (typeof MONEY)[number]>
  return {
    ...before,
    ...money,
    title: form.title.trim(),
    opensAt: fromLocal(form.opensAt) ?? before.opensAt,
    supplyUntil: fromLocal(form.supplyUntil),
    parts,
    // Fields stand in parts: with other parts the type's own form is taken anew.
    form: parts === before.parts ? before.form : null,
    evaluation: form.evaluation.trim(),
    invited: form.invited,
    rules: hallRules(form, before.rules, parts),
  }
}

function hallRules(form: TermsForm, before: HallRules, parts: string[]): HallRules {
  const rules: HallRules = { ...before }
  const put = (name: string, value: unknown): void => {
    if (value === '' || value === null) delete rules[name]
    else rules[name] = value
  }
  for (const [name] of WINDOWS) put(name, form.windows[name] === '' ? '' : Math.round(Number(form.windows[name]) * 60))
  for (const name of CHOICES) put(name, form.choices[name] ?? '')
  put('witness_quorum', form.witness === '' ? '' : Number(form.witness))
  put('draw', form.draw ? drawRule(form, before, parts) : '')
  return rules
}

function drawRule(form: TermsForm, before: HallRules, parts: string[]): DrawRule {
  const kept = before.draw as DrawRule | undefined
  return {
    label: kept?.label ?? 'coefficient',
    candidates: candidatesOf(form),
    when: form.when,
    // With two envelopes the coefficient bears on the price: it is drawn when that is opened.
    part: kept && parts.includes(kept.part) ? kept.part : parts.at(-1)!,
    seats: form.when === 'early' ? form.drawSeats : [],
    zh: form.drawZh.trim(),
    en: form.drawEn.trim(),
  }
}

export function termsFaults(form: TermsForm): Fault[] {
  const faults: Fault[] = []
  const add = (id: string, label: string, text: string): void => void faults.push({ id, text: `${label}${colon()}${text}` })
  if (!form.title.trim()) add('lot-name', t('name'), tw('needs'))
  if (!fromLocal(form.opensAt)) add('opens-at', t('opensAt'), t('opensBad'))
  for (const name of MONEY) if (form.money[name] && !isMoney(tidyMoney(form.money[name]))) add(`money-${name}`, t(name), tw('badMoney'))
  for (const [name, label] of WINDOWS) {
    const typed = form.windows[name] ?? ''
    const number = Number(typed)
    if (typed && !(number >= 0 && number <= 1440 && Number.isInteger(number * 60))) add(`window-${name}`, t(label), t('minutesBad'))
  }
  if (form.witness && !/^\d{1,2}$/.test(form.witness)) add('witness', t('witness'), t('numberBad'))
  form.invited.forEach((one, n) => {
    if (!one.name.trim() || !isCreditCode(one.creditCode)) add(`invited-${n}`, t('invited'), tw('badCode'))
  })
  if (form.draw && new Set(candidatesOf(form)).size < Math.max(2, candidatesOf(form).length)) add('candidates', t('candidates'), t('candidatesBad'))
  if (form.draw && form.when === 'early' && form.drawSeats.length < 2) add('draw-seats', t('drawSeats'), t('drawSeatsBad'))
  return faults
}
