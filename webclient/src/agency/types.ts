/** What the platform says about an agency's tenders (generated), and what it takes. */
import type { LotTerms, Party, TenderFacts as AnybodysTender } from '@/wire/api'

export type {
  Applying,
  ApplyingRule as RuleLine,
  ChangeDraft,
  Check,
  Citation,
  Conditions,
  DocumentLine,
  DraftLot,
  FieldKind,
  Finding,
  FormField as FieldDef,
  LotLine,
  LotTerms,
  OfficerTerms,
  Party,
  Question,
  SeatTerms,
  TenderLine,
} from '@/wire/api'

/** A tender as its own agency sees it. */
export type TenderFacts = AnybodysTender & Required<Pick<AnybodysTender, 'version' | 'staged' | 'documents' | 'review' | 'check' | 'tenant'>>

/** A lot's terms as they are handed in; without a form the type's own one is taken. */
export type TermsBody = Omit<LotTerms, 'form'> & { form: LotTerms['form'] | null }

/** The first questions about a tender, as POST and PATCH /tenders take them. */
export interface Header {
  regime: string
  type: string
  title: string
  tenderer: Party
  region: string
  tenant: string
  mode: string
  code: string
  dealCode: string | null
  repeats: string
}
export interface DrawRule {
  label: string
  candidates: string[]
  when: 'opening' | 'early'
  part: string
  seats: string[]
  zh: string
  en: string
}
export type HallRules = Record<string, unknown>

/** A clarification or change (澄清、修改), as POST …/clarifications takes it. */
export interface Answer {
  to: string
  text: string
  answer: string
}
export interface Change {
  title: string
  text: string
  lots: string[]
  affects: boolean
  reseal: boolean
  answers: Answer[]
  objections: Answer[]
  opensAt: Record<string, string>
}
