/** What the platform says and takes about an agency's tenders (bidding/tenders/wire.py, views.py). */

export interface Party {
  name: string
  creditCode: string
}
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
export interface Check {
  dueAt: string
  defects: string[]
  open: number[]
  passed: boolean
  answered: boolean
}
export interface LotLine {
  lot: string
  number: number
  round: number
  title: string
  state: string
  opensAt: string
  revision: number
  code: string
  report: { code: number; name: string; reason: string; at: string | null } | null
}
export interface DocumentLine {
  name: string
  size: number
  sha256: string
  lot: string | null
}
export interface TenderLine {
  tender: string
  title: string
  state: string
  regime: string
  type: string
  rehearsal: boolean
  createdAt: string
  publishedAt: string | null
  lots: LotLine[]
  questions: number
  objections: number
  check: Check | null
  keysMissing: number
}
export interface TenderFacts extends Omit<Header, 'dealCode'> {
  tender: string
  dealCode: string
  attempt: number
  state: string
  rehearsal: boolean
  agency: Party
  publishedAt: string | null
  citations: Record<string, string>
  lots: LotLine[]
  version: number
  staged: DocumentLine[]
  documents: DocumentLine[]
  review: string | null
  check: Check | null
}

export type FieldKind = 'money' | 'ratio' | 'text' | 'integer' | 'date' | 'choice'
export interface FieldDef {
  name: string
  zh: string
  en: string
  kind: FieldKind
  required: boolean
  unit: string
  choices: string[]
  part: string
}
export interface OfficerTerms extends Party {
  seat: string
  organisation: string
}
export interface SeatTerms extends Party {
  role: string
  organisation: string
  certificateSha256: string | null
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
export interface LotTerms {
  title: string
  opensAt: string
  k: number
  officers: OfficerTerms[]
  seats: SeatTerms[]
  parts: string[]
  form: FieldDef[] | null
  estimate: string | null
  ceiling: string | null
  deposit: string | null
  benchmark: string | null
  supplyUntil: string | null
  evaluation: string
  invited: Party[]
  rules: HallRules
  round: number
  previous: string
}
export interface DraftLot extends LotLine {
  terms: LotTerms
  officers: { seat: string; index: number; name: string; creditCode: string; registered: boolean; holder?: Party & { certificate: string } }[]
}

export interface Citation {
  rule: string
  value: number | string | boolean
  unit: string
  law: string
  mark: string
}
export interface Finding {
  code: string
  blocks: boolean
  facts: Record<string, unknown>
  lot?: string
  citation?: Citation
  zh?: string
  en?: string
}
export interface Conditions {
  missing: Finding[]
  warnings: Finding[]
  now: string
}
export interface RuleLine {
  key: string
  citation: Citation
  zh: string
  en: string
  effect: string
  earliest?: string
  provisional?: boolean
  due?: string
}
export interface Applying {
  now: string
  rules: RuleLine[]
  advice: RuleLine[]
  hall: Record<string, number | string>
}
export interface Question {
  id: string
  kind: 'question' | 'objection'
  lot: string
  text: string
  askedAt: string
  answerDueAt?: string
  late?: boolean
  /** The number of the notice that answered it. */
  notice: number | null
}
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
export interface ChangeDraft {
  notice: string
  sha256: string
  opensAt: Record<string, string>
  extended: string[]
}
