/** Where a bid stands, as colour, shape and word. Pure. */
import type { Row } from '../store'

export type Standing =
  | 'sealed'
  | 'waiting'
  | 'listed'
  | 'present'
  | 'fetched'
  | 'released'
  | 'read'
  | 'confirmed'
  | 'failed'
  | 'revoked'
  | 'superseded'
  | 'out'

export type Tone = 'neutral' | 'info' | 'good' | 'warn' | 'bad'

export const TONE: Record<Standing, Tone> = {
  sealed: 'neutral',
  waiting: 'warn',
  listed: 'neutral',
  present: 'neutral',
  fetched: 'info',
  released: 'good',
  read: 'good',
  confirmed: 'good',
  failed: 'bad',
  revoked: 'bad',
  superseded: 'neutral',
  out: 'neutral',
}

export const GLYPH: Record<Standing, string> = {
  sealed: '■',
  waiting: '▲',
  listed: '○',
  present: '●',
  fetched: '◐',
  released: '◆',
  read: '✓',
  confirmed: '✓',
  failed: '✕',
  revoked: '✕',
  superseded: '–',
  out: '–',
}

export function standing({ bid, out }: Row, part: string): Standing {
  if (bid.status === 'failed' || bid.status === 'revoked' || bid.status === 'superseded' || bid.status === 'waiting') return bid.status
  if (out) return 'out'
  const line = bid.parts[part]
  if (line?.confirmed === 'session' || line?.confirmed === 'signed') return 'confirmed'
  if (line?.readAt) return 'read'
  if (line?.releasedAt) return 'released'
  if (line?.fetchedAt) return 'fetched'
  if (bid.presentAt) return 'present'
  return bid.number === undefined ? 'sealed' : 'listed'
}
