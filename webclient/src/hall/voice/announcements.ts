/** What the hall announces, in order: captions show it, the voice says it. Pure but for the language. */
import { capital, money } from '@/i18n'
import { fieldsOf, others, priceField } from '../board/fields'
import { reading } from '../board/reading'
import { rank } from '../log'
import { sentence } from '../logWords'
import type { Row } from '../store'
import { turns } from '../stations'
import type { HallView } from '../wire'
import { t } from './words'

export interface Announcement {
  /** Its name on the server: GET …/speech/{what}.wav */
  what: string
  at: string
  text: string
}

/** Whether it is a line of the reading. */
export const isLine = (one: Announcement): boolean => one.what.startsWith('line-')

/** Turns that bidding/speech/sentences.py speaks. */
export const SPOKEN: ReadonlySet<string> = new Set([
  'list',
  'decrypting',
  'extended',
  'decryption-ended',
  'admitted',
  'drawn',
  'reading',
  'confirming',
  'objections',
  'record',
  'rendered',
  'recorded',
  'suspended',
  'resumed',
  'failed',
  'aborted',
  'reconvened',
])

/** The newest announcements, oldest first; `many` is enough for whoever follows. */
export function announcements(view: HallView, rows: readonly Row[], part: string, name: (seat: string) => string, many = 6): Announcement[] {
  const said: (Announcement & { rank: number })[] = []
  const spoken = turns(view).flatMap((turn, n) => (SPOKEN.has(turn.kind) ? [{ turn, n: n + 1 }] : []))
  spoken.slice(-many).forEach(({ turn, n }) => {
    const { kind, at, ...facts } = turn
    said.push({ what: `turn-${n}`, at, text: sentence({ key: '', at, group: 'turn', kind, facts }, name), rank: rank({ group: 'turn', kind }) })
  })
  for (const row of reading(rows, part).read.slice(-many)) {
    said.push({ what: `line-${part}-${row.id}`, at: row.bid.parts[part]?.readAt ?? '', text: lineText(view, row, part), rank: 1 })
  }
  return said.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.rank - b.rank)).slice(-many)
}

function lineText(view: HallView, row: Row, part: string): string {
  const fields = fieldsOf(view, part)
  const price = priceField(fields)
  const line = row.bid.parts[part]
  const amount = price && line?.form?.[price.name]
  const words = [t('line', { n: row.bid.number ?? '', name: row.bid.name ?? row.id })]
  if (amount) words.push(t('price', { amount: money(amount), capital: capital(amount) }))
  for (const fact of others(fields, line, price)) words.push(`${fact.label} ${fact.value}`)
  return words.join(t('and'))
}
