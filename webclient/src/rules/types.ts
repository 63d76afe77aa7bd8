/** Rule rows as the platform tells them (bidding/tenders/rules_api.py). */
import type { Regime, RowBody } from '@/wire/bodies'

export interface RuleRow {
  id: string
  key: string
  regime: Regime
  value: number | string | boolean
  unit: string
  mark: string
  law: string
  zh: string
  en: string
  effect: string
  types: string[]
  region: string
  tenant: string
  from: string | null
  to: string | null
  confirmed: boolean
  binds: boolean
  own: boolean
}
export interface KeyShape {
  kind: 'int' | 'str' | 'bool'
  units: string[]
  choices: string[]
}
export interface OperatorAct {
  id: string
  kind: string
  subject: string
  statement: string
  askedBy: string
  askedAt: string
  confirmedBy: string | null
  confirmedAt: string | null
  open: boolean
}
export type Entry = RowBody['entry']
