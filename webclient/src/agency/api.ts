/** The agency's calls. Every change goes out with an id of its own, so that repeating it does not do it twice. */
import { del, get, patch, post } from '@/api/http'
import type { Bodies } from '@/wire/bodies'
import type { Applying, ChangeDraft, Conditions, DraftLot, FieldDef, Question, TenderFacts, TenderLine } from './types'

export const once = (): { headers: Record<string, string> } => ({
  headers: { 'Idempotency-Key': `web-${crypto.randomUUID()}` },
})

export const tenders = (): Promise<{ tenders: TenderLine[] }> => get('/tenders')
export const tender = (id: string): Promise<TenderFacts> => get(`/tenders/${id}`)
export const lot = (id: string, one: string): Promise<DraftLot> => get(`/tenders/${id}/lots/${one}`)
export const conditions = (id: string): Promise<Conditions> => get(`/tenders/${id}/preconditions`)
export const questions = async (id: string): Promise<Question[]> => (await get<{ questions: Question[] }>(`/tenders/${id}/questions`)).questions

export const create = (header: Bodies['POST /tenders']): Promise<{ tender: string }> => post('/tenders', header, once())
export const changeHeader = (id: string, header: Bodies['PATCH /tenders/{tender}']): Promise<TenderFacts> => patch(`/tenders/${id}`, header, once())
export const addLot = (id: string, terms: Bodies['POST /tenders/{tender}/lots']): Promise<{ lot: string }> => post(`/tenders/${id}/lots`, terms, once())
export const changeLot = (id: string, one: string, terms: Bodies['PATCH /tenders/{tender}/lots/{lot}']): Promise<unknown> => patch(`/tenders/${id}/lots/${one}`, terms, once())
export const removeLot = (id: string, one: string): Promise<void> => del(`/tenders/${id}/lots/${one}`, once())
export const removeDocument = (id: string, name: string, one: string | null): Promise<void> =>
  del(`/tenders/${id}/documents/${encodeURIComponent(name)}${one ? `?lot=${one}` : ''}`)

export const applying = (regime: string, type: string, region: string): Promise<Applying> =>
  get(`/rules/applying?${new URLSearchParams({ regime, type, region: region || 'CN' })}`)
export const defaultForm = async (type: string, parts: string[]): Promise<FieldDef[]> =>
  (await get<{ form: FieldDef[] }>(`/forms/${type}?${new URLSearchParams({ parts: parts.join(',') })}`)).form
export const day = (at: string): Promise<{ working: boolean; published: boolean; nextWorking: string }> => get(`/calendar/${at}`)

export const draftChange = (id: string, change: Bodies['POST /tenders/{tender}/clarifications/draft']): Promise<ChangeDraft> => post(`/tenders/${id}/clarifications/draft`, change)
