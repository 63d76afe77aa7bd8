/** The opening form's columns (开标一览表), and how a value is written. Pure but for the language. */
import { capital, money, pick } from '@/i18n'
import type { FieldDef, HallView, LineView } from '../wire'

export interface Shown {
  key: string
  label: string
  value: string
  /** 大写, for amounts in yuan. */
  capital?: string
}

/** The form's columns of a part, in their order. */
export function fieldsOf(view: HallView, part: string): FieldDef[] {
  const form = view.hall?.form ?? {}
  return Object.keys(form)
    .map(Number)
    .sort((a, b) => a - b)
    .map((n) => form[n]!)
    .filter((field) => field.part === part)
}

export function shownField(field: FieldDef, value: string): Shown {
  const label = pick({ zh: field.zh, en: field.en })
  if (field.kind === 'money') {
    const words = capital(value)
    return { key: field.name, label, value: money(value), ...(words ? { capital: words } : {}) }
  }
  return { key: field.name, label, value: field.unit ? `${value} ${field.unit}` : value }
}

/** The amount that is compared, if the form has one: the field named price, else the first amount. */
export function priceField(fields: readonly FieldDef[]): FieldDef | undefined {
  return fields.find((field) => field.name === 'price') ?? fields.find((field) => field.kind === 'money')
}

/** Everything else that was read of a line. */
export function others(fields: readonly FieldDef[], line: LineView | undefined, price: FieldDef | undefined): Shown[] {
  return fields.filter((field) => field !== price && line?.form?.[field.name]).map((field) => shownField(field, line!.form![field.name]!))
}
