/** A rule row as a form of texts, and back into the entry the platform takes. */
import type { Regime } from '@/wire/bodies'
import type { Entry, KeyShape, RuleRow } from './types'

export interface RowForm {
  regime: Regime
  key: string
  value: string
  unit: string
  mark: string
  law: string
  zh: string
  en: string
  effect: string
  types: string[]
  region: string
  tenant: string
  from: string
  to: string
  id: string
}
export const BINDING = new Set(['V', 'P'])

export function emptyRow(regime: Regime): RowForm {
  return { regime, key: 'documents-to-deadline', value: '', unit: 'days', mark: 'L', law: '', zh: '', en: '', effect: 'block', types: [], region: '', tenant: '', from: '', to: '', id: '' }
}

export function rowForm(row: RuleRow): RowForm {
  const open = (text: string): string => (text === '*' ? '' : text)
  return {
    regime: row.regime, key: row.key, value: String(row.value), unit: row.unit, mark: row.mark, law: row.law, zh: row.zh, en: row.en,
    effect: row.effect, types: row.types.filter((one) => one !== '*'), region: open(row.region), tenant: open(row.tenant),
    from: row.from ?? '', to: row.to ?? '', id: row.id,
  }
}

/** Only what is said goes out: what is left open stays open. */
export function entryOf(form: RowForm, shape: KeyShape | undefined): Entry {
  const entry: Entry = { key: form.key, value: valueOf(form.value, shape), mark: form.mark, law: form.law.trim(), zh: form.zh.trim(), en: form.en.trim(), effect: form.effect }
  if (form.unit) entry.unit = form.unit
  if (form.types.length) entry.types = form.types
  for (const name of ['region', 'tenant', 'from', 'to', 'id'] as const) if (form[name].trim()) entry[name] = form[name].trim()
  return entry
}

function valueOf(text: string, shape: KeyShape | undefined): string | number | boolean {
  if (shape?.kind === 'bool') return text === 'true'
  return shape?.kind === 'int' && /^-?\d+$/.test(text.trim()) ? Number(text) : text.trim()
}

/** The id the platform gives a row that brings none (bidding/tenders/rules/__init__.py). */
export function idOf(form: RowForm): string {
  if (form.id.trim()) return form.id.trim()
  return [form.regime, form.key, ...form.types, form.region, form.tenant, form.from].filter(Boolean).join('/')
}

/** Whether two operators are needed: the row binds, or takes the place of one that does. */
export function needsTwo(form: RowForm, rows: readonly RuleRow[]): boolean {
  return BINDING.has(form.mark) || rows.some((row) => row.id === idOf(form) && row.binds)
}

export const missing = (form: RowForm): (keyof RowForm)[] => (['value', 'law', 'zh', 'en'] as const).filter((name) => !form[name].trim())
