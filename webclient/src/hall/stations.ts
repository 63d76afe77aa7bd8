/** The stations of an opening as the stepper shows them, and what the running one waits for. Pure. */
import type { HallView, Phase, TurnView } from './wire'

export const STATIONS = ['waiting', 'list', 'decrypting', 'opening', 'reading', 'confirming', 'objections', 'record', 'done'] as const
export type Station = (typeof STATIONS)[number]

const STATION_OF: Record<Exclude<Phase, 'FAILED' | 'ABORTED'>, Station> = {
  SCHEDULED: 'waiting',
  CLOSING: 'waiting',
  CLOSED: 'list',
  IDENTIFYING: 'list',
  LIST_ANNOUNCED: 'list',
  DECRYPTING: 'decrypting',
  ADJUDICATING: 'decrypting',
  ADMITTED: 'opening',
  OPENING: 'opening',
  READING: 'reading',
  CONFIRMING: 'confirming',
  OBJECTION: 'objections',
  RECORD_SIGN: 'record',
  SEALING: 'record',
  RECORDED: 'done',
}

/** Turns of the course that reach a station; the first one of a session gives its time. */
const REACHED: Partial<Record<string, Station>> = {
  closing: 'waiting',
  identifying: 'list',
  list: 'list',
  decrypting: 'decrypting',
  reconvened: 'decrypting',
  admitted: 'opening',
  reading: 'reading',
  confirming: 'confirming',
  objections: 'objections',
  record: 'record',
  recorded: 'done',
}

export function turns(view: HallView): TurnView[] {
  const course = view.course ?? {}
  return Object.keys(course)
    .map(Number)
    .sort((a, b) => a - b)
    .map((number) => course[number]!)
}

/** The turns of the session that runs: a later part begins anew with its reconvening (复会). */
export function session(view: HallView): TurnView[] {
  const all = turns(view)
  const begun = all.map((turn) => turn.kind).lastIndexOf('reconvened')
  return begun < 0 ? all : all.slice(begun)
}

export function ended(view: HallView): boolean {
  return view.phase === 'FAILED' || view.phase === 'ABORTED'
}

export function stationOf(view: HallView): Station {
  if (view.phase !== 'FAILED' && view.phase !== 'ABORTED') return STATION_OF[view.phase]
  let last: Station = 'waiting'
  for (const turn of session(view)) last = REACHED[turn.kind] ?? last
  return last
}

/** When each station of the running session was reached. */
export function reachedAt(view: HallView): Partial<Record<Station, string>> {
  const found: Partial<Record<Station, string>> = {}
  for (const turn of session(view)) {
    const station = REACHED[turn.kind]
    if (station) found[station] ??= turn.at
  }
  return found
}

/** What the clock counts down to, or whom the hall waits for when nothing is timed. Keys of the words beside it. */
export function windowOf(view: HallView): `await_${Phase}` | `until_${Exclude<Phase, 'FAILED' | 'ABORTED'>}` {
  const { phase } = view
  return view.deadline && phase !== 'FAILED' && phase !== 'ABORTED' ? `until_${phase}` : `await_${phase}`
}

/** Seconds that were left when the clocks stopped; null while they run. */
export function frozenSeconds(view: HallView): number | null {
  if (!view.suspended || !view.deadline) return null
  return Math.max(0, (Date.parse(view.deadline) - Date.parse(view.suspended.since)) / 1000)
}
