/** From what the hall's store knows to what the scene shows: the same data as the flat seats and board. */
import { capital, money } from '@/i18n'
import { fieldsOf, priceField } from '../board/fields'
import { reading } from '../board/reading'
import { peopleOf } from '../seats/people'
import { GLYPH, standing, TONE } from '../seats/status'
import { frozenSeconds, stationOf, windowOf } from '../stations'
import type { Row } from '../store'
import type { HallView } from '../wire'
import { t as hallWord, word } from '../words'
import type { OfficialState, SeatState } from './scene'
import type { ScreenText } from './screen'
import { t } from './words'

/** Seats that stand empty before the list: enough for a hall, telling nothing. */
export const EMPTY_SEATS = 24

const speaking = (view: HallView, rows: readonly Row[], part: string): Row | null =>
  view.phase === 'READING' ? reading(rows, part).current : null

/** Before the list nobody's seat is shown: how many bids there are is not known in the hall. */
export function seatsOf(view: HallView, rows: readonly Row[], part: string, own: string | undefined): SeatState[] {
  if (!view.counts) return []
  const now = speaking(view, rows, part)?.id
  return rows.map((row) => {
    const { id, bid } = row
    const state = standing(row, part)
    const absent = !bid.presentAt && (state === 'listed' || state === 'out' || state === 'failed' || state === 'revoked' || state === 'superseded' || state === 'waiting')
    return {
      id,
      number: String(bid.number ?? ''),
      name: bid.name ?? '',
      glyph: GLYPH[state],
      tone: id === now ? 'speaking' : TONE[state],
      own: id === own,
      present: !absent,
    }
  })
}

export function officialsOf(view: HallView): OfficialState[] {
  return peopleOf(view.seats)
    .slice(0, 9)
    .map(({ key, name, roles, present }) => ({ key, present, host: roles.includes('host'), lines: [name, word('role', roles[0] ?? 'host')] }))
}

/** 12:05 or 1:02:03; empty when nothing is timed. */
export function remaining(view: HallView, now: number): string {
  const frozen = frozenSeconds(view)
  if (!view.deadline || view.phase === 'FAILED' || view.phase === 'ABORTED') return ''
  const left = Math.max(0, Math.ceil(frozen ?? (Date.parse(view.deadline) - now) / 1000))
  const two = (n: number): string => String(n).padStart(2, '0')
  const days = Math.floor(left / 86_400)
  const clock = `${two(Math.floor((left % 86_400) / 3600))}:${two(Math.floor((left % 3600) / 60))}:${two(left % 60)}`
  return days ? `${days} d ${clock}` : left < 3600 ? clock.slice(3) : clock
}

export function countsOf(view: HallView): string {
  const { counts } = view
  if (!counts) return t('empty')
  const all = counts.listed
  if (counts.read) return t('read', { n: counts.read, all: counts.lines })
  if (counts.released) return t('released', { n: counts.released, all: counts.contenders })
  const present = Object.values(view.bids ?? {}).filter((bid) => bid.presentAt).length
  return t('present', { n: present, all })
}

export function screenOf(view: HallView, rows: readonly Row[], part: string, now: number): ScreenText {
  const facts = view.hall
  const row = speaking(view, rows, part)
  const form = row?.bid.parts[part]?.form
  const price = priceField(fieldsOf(view, part))
  const amount = price && form?.[price.name]
  return {
    over: facts ? [facts.title, facts.lotTitle].filter((text, n, all) => text && all.indexOf(text) === n).join('　') : '',
    station: hallWord(`station_${stationOf(view)}`),
    label: hallWord(windowOf(view)),
    time: remaining(view, now),
    line: row
      ? {
          number: String(row.bid.number ?? ''),
          name: row.bid.name ?? row.id,
          amount: amount ? `¥ ${money(amount)}` : '',
          words: amount ? capital(amount) : '',
        }
      : null,
    counts: countsOf(view),
    demonstration: facts?.demonstration ? t('demonstration') : '',
    suspended: view.suspended ? t('suspended') : '',
  }
}
