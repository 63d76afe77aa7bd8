/** What the platform says about an agency's tenders (generated), and what it takes. */
import type { TenderFacts as AnybodysTender } from '@/wire/api'
import type { ChangeBody, LotBody, TenderBody } from '@/wire/bodies'

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
export type { AnswerBody as Answer } from '@/wire/bodies'

/** A tender as its own agency sees it. */
export type TenderFacts = AnybodysTender & Required<Pick<AnybodysTender, 'version' | 'staged' | 'documents' | 'review' | 'check' | 'tenant'>>

/** A lot's terms as they are handed in; without a form the type's own one is taken. */
export type TermsBody = Required<LotBody>

/** The first questions about a tender, all of them answered. */
export type Header = Required<TenderBody>

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

/** A clarification or change (澄清、修改) before it is signed. */
export type Change = Required<ChangeBody>
