/** Messages as the platform keeps them, and where each one leads. */
import { get, post } from '@/api/http'
import type { Message } from '@/wire/api'

export type { Message } from '@/wire/api'

export type Goal = 'tender' | 'lot' | 'hall' | 'bid' | 'key'

const HALL = new Set(['hall-suspended', 'decryption-started', 'list-announced', 'record-ready', 'hall-aborted', 'lot-failed'])

/** The page a message is about, and what the link to it says. */
export function goalOf({ kind, tender, lot }: Message): { to: string; goal: Goal } | null {
  if (lot && HALL.has(kind)) return { to: `/halls/${lot}`, goal: 'hall' }
  if (lot && kind === 'opening-key-wanted') return { to: `/lots/${lot}/officer`, goal: 'key' }
  if (lot) return { to: `/lots/${lot}`, goal: 'lot' }
  return tender ? { to: `/tenders/${tender}`, goal: 'tender' } : null
}

/** A body that is nothing but an instant is shown as a time of this place. */
export const instantOf = (body: string): string | null =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(body.trim()) ? body.trim() : null

/** At most this many come at once. */
export const PAGE = 50

export async function messages(before = ''): Promise<Message[]> {
  const query = before ? `?before=${encodeURIComponent(before)}` : ''
  return (await get<{ messages: Message[] }>(`/inbox${query}`)).messages
}

export const markRead = (id: string): Promise<void> => post<void>(`/inbox/${encodeURIComponent(id)}/read`)
export const markAllRead = (): Promise<void> => post<void>('/inbox/read')
