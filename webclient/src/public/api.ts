/** What anybody may read and do. No session travels with any of it: nothing tells who looked at what. */
import { get, post } from '@/api/http'
import type { Bodies } from '@/wire/bodies'
import type { Answered, LotPackage, NoticeList, Raised, SignedNotice, TenderFacts } from '@/wire/api'

export type { Answered, FormField, Listed, LotLine, LotPackage, LotState, NoticeList, Officer, Party, Raised, RuleLine, SignedNotice, Stage, TenderFacts } from '@/wire/api'
export type { LotDocument as DocumentLine } from '@/wire/api'

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
  post(`/lots/${part(lot)}/questions`, { text } satisfies Bodies['POST /lots/{lot}/questions'], open)
export const raise = (lot: string, text: string, contact: Record<string, string>): Promise<Raised> =>
  post(`/lots/${part(lot)}/objections`, { text, contact } satisfies Bodies['POST /lots/{lot}/objections'], open)
export const leaveContact = (lot: string, sealed: Record<string, string>): Promise<void> =>
  post(`/lots/${part(lot)}/contacts`, { sealed } satisfies Bodies['POST /lots/{lot}/contacts'], open)
/** Where a document is fetched: the browser's own download, and pdf.js by ranges. */
export const documentUrl = (lot: string, name: string): string => `/api/lots/${part(lot)}/documents/${part(name)}`
