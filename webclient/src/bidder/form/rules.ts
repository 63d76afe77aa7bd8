/**
 * The opening form (开标一览表) as it is sealed: the same rules as the sealing tool's, for after sealing nobody could
 * correct it (bidding/client/seal.py). Codes only; the words are the page's.
 */
import type { FormField } from '../lot/package'

export type Fault =
  | 'missing'
  | 'money'
  | 'money-separators'
  | 'money-cents'
  | 'ratio'
  | 'integer'
  | 'date'
  | 'choice'
  | 'too-long'
  | 'invisible'
export interface FieldFault {
  field: string
  fault: Fault
}

/** What is unusual though allowed: the bidder looks at it again. */
export type Doubt = 'zero' | 'over-ceiling' | 'far-below-ceiling' | 'ratio-over-hundred' | 'negative' | 'past-date'
export interface FieldDoubt {
  field: string
  doubt: Doubt
}

const TEXT_LIMIT = 2000
/** How values of a kind are spelt; ASCII digits only, so that every reader reads the same number. */
const SPELLINGS: Partial<Record<FormField['kind'], RegExp>> = {
  money: /^(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,2})?$/,
  ratio: /^-?[0-9]{1,9}(?:\.[0-9]{1,9})?$/,
  integer: /^-?[0-9]{1,15}$/,
}
/** Half a character, which no canonical form has. */
const SURROGATE = /\p{Surrogate}/u

/** A value as it will be sealed: without blanks around it, in NFC. */
export const sealedForm = (value: string): string => value.trim().normalize('NFC')

/** What people type for a number becomes its one spelling: full-width digits, separators and currency signs go. */
export function tidyNumber(value: string): string {
  return value
    .normalize('NFKC')
    .replace(/[\s,，、_¥￥元%]/gu, '')
    .replace(/^\+/, '')
    .replace(/^0+(?=\d)/, '')
    .replace(/^(-?)\./, '$10.')
    .replace(/\.$/, '')
}

export const isNumeric = (kind: FormField['kind']): boolean => kind in SPELLINGS

function faultOf(value: string, field: FormField): Fault | null {
  const spelling = SPELLINGS[field.kind]
  if (spelling) return spelling.test(value) ? null : numberFault(value, field.kind)
  if (field.kind === 'date') return isDay(value) ? null : 'date'
  if (field.kind === 'choice') return field.choices.includes(value) ? null : 'choice'
  if (SURROGATE.test(value)) return 'invisible'
  return [...value].length <= TEXT_LIMIT ? null : 'too-long'
}

function numberFault(value: string, kind: FormField['kind']): Fault {
  if (kind !== 'money') return kind as Fault
  if (/^\d+\.\d{3,}$/.test(value)) return 'money-cents'
  return /[,，\s]/.test(value) ? 'money-separators' : 'money'
}

function isDay(value: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(value)) return false
  const at = new Date(`${value}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === value
}

/** The form of one part: its sealed values, and what stands against them in the order of the fields. */
export function checkForm(values: Readonly<Record<string, string>>, fields: readonly FormField[]): { form: Record<string, string>; faults: FieldFault[] } {
  const form: Record<string, string> = {}
  const faults: FieldFault[] = []
  for (const field of fields) {
    const value = sealedForm(values[field.name] ?? '')
    if (value) {
      form[field.name] = value
      const fault = faultOf(value, field)
      if (fault) faults.push({ field: field.name, fault })
    } else if (field.required) {
      faults.push({ field: field.name, fault: 'missing' })
    }
  }
  return { form, faults }
}

/** Fen as an integer; null for what is no amount. */
export function fen(amount: string): bigint | null {
  const found = /^(\d{1,15})(?:\.(\d{1,2}))?$/.exec(amount)
  return found ? BigInt(found[1]!) * 100n + BigInt((found[2] ?? '').padEnd(2, '0')) : null
}

/** Below this share of the ceiling a price is likely a slip (元/万元). */
const FAR_BELOW = 10n

/** What to ask about before sealing. Over the ceiling (最高投标限价) a bid is sealed all the same: rejecting is the committee's. */
export function doubtsAbout(form: Readonly<Record<string, string>>, fields: readonly FormField[], ceiling: string, today: string): FieldDoubt[] {
  const doubts: FieldDoubt[] = []
  const limit = fen(ceiling)
  for (const field of fields) {
    const value = form[field.name]
    if (value === undefined) continue
    const note = (doubt: Doubt): number => doubts.push({ field: field.name, doubt })
    const amount = field.kind === 'money' ? fen(value) : null
    if (amount !== null && field.name === 'price') {
      if (amount === 0n) note('zero')
      else if (limit !== null && limit > 0n && amount > limit) note('over-ceiling')
      else if (limit !== null && amount * FAR_BELOW < limit) note('far-below-ceiling')
    }
    if (field.kind === 'ratio' && field.unit === '%' && Math.abs(Number(value)) > 100) note('ratio-over-hundred')
    if ((field.kind === 'integer' || field.kind === 'ratio') && value.startsWith('-')) note('negative')
    if (field.kind === 'date' && value < today) note('past-date')
  }
  return doubts
}
