/** What anybody may read and do. No session travels with any of it: nothing tells who looked at what. */
import { get, post } from '@/api/http'

export type Stage = 'receiving' | 'opening' | 'opened' | 'awarded' | 'ended'
export type LotState =
  | 'draft' | 'published' | 'clarified' | 'extended' | 'closed' | 'opened' | 'awarded' | 'failed' | 'terminated'

export interface Listed {
  tender: string
  lot: string
  number: number
  title: string
  tenderTitle: string
  tenderer: string
  regime: string
  type: string
  region: string
  state: LotState
  stage: Stage
  deadline: string
  publishedAt: string
  rehearsal: boolean
}
export interface NoticeList {
  notices: Listed[]
  page: number
  pages: number
  total: number
  regions: string[]
  now: string
}
export interface Party {
  name: string
  creditCode: string
}
export interface RuleLine {
  key: string
  value: number | string | boolean
  unit: string
  law: string
  mark: string
  zh: string
  en: string
}
export interface LotLine {
  lot: string
  number: number
  round: number
  title: string
  state: LotState
  opensAt: string
  revision: number
  code: string
  report: { code: number; name: string; reason: string; at: string | null } | null
}
export interface TenderFacts {
  tender: string
  title: string
  code: string
  dealCode: string
  attempt: number
  regime: string
  type: string
  region: string
  mode: 'open' | 'invited'
  state: LotState
  rehearsal: boolean
  tenderer: Party
  agency: Party
  publishedAt: string | null
  rulebook: RuleLine[]
  lots: LotLine[]
}
export interface Officer {
  seat: string
  index: number
  name: string
  organisation: string
  creditCode: string
  registered: boolean
  holder?: { name: string; creditCode: string; certificate: string }
}
export interface DocumentLine {
  name: string
  size: number
  sha256: string
  lot: string | null
  url: string
}
export interface FormField {
  name: string
  zh: string
  en: string
  kind: string
  required: boolean
  unit?: string
  choices?: string[]
  part: string
}
export interface LotPackage {
  tender: string
  lot: string
  number: number
  round: number
  title: string
  tenderTitle: string
  code: string
  dealCode: string
  regime: string
  type: string
  region: string
  rehearsal: boolean
  state: LotState
  deadline: string
  keyset: string
  keysetHash: string
  officers: Officer[]
  k: number
  revision: number
  docsHash: string
  accepted: string[]
  notices: { number: number; kind: string; sha256: string }[]
  form: FormField[]
  parts: string[]
  documents: DocumentLine[]
  rules: Record<string, number | string | boolean>
  rulebook: RuleLine[]
  ceiling: string
  deposit: string
  evaluation: string
  tenderer: Party
  agency: Party
  objectionsInTimeUntil: string
  now: string
}
export interface SignedNotice {
  number: number
  kind: 'tender' | 'change'
  notice: string
  cms: string
  signer: string
  sha256: string
  at: string
}
export interface Answered {
  id: string
  kind: 'question' | 'objection'
  lot: string
  notice: number
}
export interface Raised {
  objection: string
  answerDueAt: string
  late: boolean
  inTimeUntil: string
}

const open = { anonymous: true } as const
const part = encodeURIComponent

export const notices = (query: URLSearchParams, signal?: AbortSignal): Promise<NoticeList> =>
  get(`/notices?${query}`, signal ? { ...open, signal } : open)
export const tenderFacts = (tender: string): Promise<TenderFacts> => get(`/tenders/${part(tender)}`, open)
export const tenderNotices = async (tender: string): Promise<SignedNotice[]> =>
  (await get<{ notices: SignedNotice[] }>(`/tenders/${part(tender)}/notices`, open)).notices
export const lotPackage = (lot: string): Promise<LotPackage> => get(`/lots/${part(lot)}`, open)
export const answered = async (lot: string): Promise<Answered[]> =>
  (await get<{ questions: Answered[] }>(`/lots/${part(lot)}/questions`, open)).questions
export const ask = (lot: string, text: string): Promise<{ question: string }> =>
  post(`/lots/${part(lot)}/questions`, { text }, open)
export const raise = (lot: string, text: string, contact: Record<string, string>): Promise<Raised> =>
  post(`/lots/${part(lot)}/objections`, { text, contact }, open)
export const leaveContact = (lot: string, sealed: Record<string, string>): Promise<void> =>
  post(`/lots/${part(lot)}/contacts`, { sealed }, open)
/** Where a document is fetched: the browser's own download, and pdf.js by ranges. */
export const documentUrl = (lot: string, name: string): string => `/api/lots/${part(lot)}/documents/${part(name)}`
