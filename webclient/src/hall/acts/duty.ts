/** What a person is to do now: derived from what the server says each of its seats may do, and from nothing else. */
import type { HallMine, HallView } from '../wire'

export type DutyKey =
  | 'resume'
  | 'decrypt'
  | 'confirm-line'
  | 'sign-record'
  | 'adjudicate'
  | 'answer'
  | 'release-identity'
  | 'sign-admitted'
  | 'release-hall'
  | 'seal'
  | 'reveal-draw'
  | 'commit-draw'
  | 'fix-admitted'
  | 'end-decryption'
  | 'start-decryption'
  | 'start-reading'
  | 'read-next'
  | 'close-objections'
  | 'reconvene'
  | 'sign-in'

export type ExtraKey =
  | 'object'
  | 'extend'
  | 'review-causes'
  | 'report'
  | 'suspend'
  | 'hand-over'
  | 'take-over'
  | 'release-by-code'
  | 'abort'

export interface Duty<K extends string = DutyKey> {
  key: K
  /** The seat that acts; a person may fill several. */
  seat: string
}

export interface Duties {
  /** What the seat is asked to do, the most important first. */
  now: Duty[]
  /** What it may do besides. */
  more: Duty<ExtraKey>[]
}

interface SeatMay {
  seat: string
  role: string
  may: ReadonlySet<string>
}

/** The person's seats with what each may do, the one that this page sits in first. */
export function seatsOf(mine: HallMine): SeatMay[] {
  const own = { seat: mine.seat, role: mine.role, may: new Set(mine.may) }
  const others = Object.entries(mine.seats ?? {}).map(([seat, { role, may }]) => ({ seat, role, may: new Set(may) }))
  return [own, ...others]
}

/** Bids whose failure nobody has decided yet, or decided as unknown. */
export function undecided(view: HallView): string[] {
  const waiting = Object.entries(view.bids ?? {}).flatMap(([id, bid]) => (bid.waiting && !bid.failure ? [id] : []))
  return [...new Set([...(view.undecided ?? []), ...waiting])]
}

/** Whether the person of a seat has signed in (签到) to it. */
export function signedIn(view: HallView, mine: HallMine, seat: string): boolean {
  if (seat.startsWith('bidder:')) return Boolean(mine.bid && view.bids?.[mine.bid]?.presentAt)
  return Boolean(view.seats?.[seat]?.signedInAt)
}

const SIMPLE: readonly (readonly [string, DutyKey])[] = [
  ['ReleaseIdentityShares', 'release-identity'],
  ['SignAdmitted', 'sign-admitted'],
  ['ReleaseHallShares', 'release-hall'],
  ['SealRecord', 'seal'],
  ['RevealDraw', 'reveal-draw'],
  ['CommitDraw', 'commit-draw'],
  ['FixAdmitted', 'fix-admitted'],
  ['EndDecryption', 'end-decryption'],
  ['StartDecryption', 'start-decryption'],
  ['StartReading', 'start-reading'],
  ['ReadNext', 'read-next'],
  ['Reconvene', 'reconvene'],
  ['Resume', 'resume'],
  ['AnswerObjection', 'answer'],
  ['ConfirmLine', 'confirm-line'],
  ['SignRecord', 'sign-record'],
]

const ORDER: readonly DutyKey[] = [
  'resume',
  'decrypt',
  'confirm-line',
  'sign-record',
  'adjudicate',
  'answer',
  'release-identity',
  'sign-admitted',
  'release-hall',
  'seal',
  'reveal-draw',
  'end-decryption',
  'fix-admitted',
  'start-decryption',
  'start-reading',
  'read-next',
  'close-objections',
  'reconvene',
  'sign-in',
  'commit-draw',
]
/** Once the record is under way, taking one's seat is no duty any more. */
const LATE = new Set(['SEALING', 'RECORDED', 'FAILED', 'ABORTED'])

/** Everything the person may do now, sorted into duties and what else is open. `at`: the server's clock, ms. */
export function duties(view: HallView, mine: HallMine, at: number): Duties {
  const now: Duty[] = []
  const more: Duty<ExtraKey>[] = []
  for (const one of seatsOf(mine)) {
    now.push(...dutiesOf(view, mine, one, at))
    more.push(...extrasOf(view, one))
  }
  now.sort((a, b) => ORDER.indexOf(a.key) - ORDER.indexOf(b.key))
  // One press signs the person in to all of its seats.
  const first = now.findIndex((one) => one.key === 'sign-in')
  return { now: now.filter((one, n) => one.key !== 'sign-in' || n === first), more }
}

function dutiesOf(view: HallView, mine: HallMine, { seat, role, may }: SeatMay, at: number): Duty[] {
  const found: Duty[] = SIMPLE.flatMap(([command, key]) => (may.has(command) ? [{ key, seat }] : []))
  if (may.has('ReleaseKey') && (role === 'bidder' || role === 'receipt')) found.push({ key: 'decrypt', seat })
  if (may.has('AcknowledgeWrap') && !may.has('ReleaseKey')) found.push({ key: 'decrypt', seat })
  if (may.has('Adjudicate') && undecided(view).length) found.push({ key: 'adjudicate', seat })
  const over = !view.deadline || Date.parse(view.deadline) <= at
  if (may.has('CloseObjections') && over) found.push({ key: 'close-objections', seat })
  // Late, only the seat whose seal the record waits for must still take its place: its certificate goes into the seal.
  const wanted = !LATE.has(view.phase) || view.record?.sealFor === seat
  if (may.has('SignIn') && wanted && !signedIn(view, mine, seat)) found.push({ key: 'sign-in', seat })
  return found
}

function extrasOf(view: HallView, { seat, role, may }: SeatMay): Duty<ExtraKey>[] {
  const found: Duty<ExtraKey>[] = []
  const add = (key: ExtraKey, when: boolean): void => void (when && found.push({ key, seat }))
  add('object', may.has('RaiseObjection'))
  add('extend', may.has('ExtendDecryption'))
  add('review-causes', may.has('Adjudicate') && undecided(view).length === 0)
  add('report', may.has('Diagnose') && (role === 'bidder' || role === 'receipt' || role === 'host' || role === 'support'))
  add('release-by-code', may.has('ReleaseKey') && role === 'public')
  add('suspend', may.has('Suspend') && !view.suspended)
  add('hand-over', may.has('HandOverHost') && role === 'host' && deputies(view).length > 0)
  add('take-over', may.has('HandOverHost') && role === 'deputy')
  add('abort', may.has('Abort'))
  return found
}

/** Seat ids to whom the host's duty may pass: whoever the notice names as host or deputy and is not the host now. */
export function deputies(view: HallView): { id: string; name: string }[] {
  return Object.entries(view.seats ?? {}).flatMap(([key, seat]) => {
    const [role = '', id = ''] = key.split(/:(.*)/s)
    return (role === 'host' || role === 'deputy') && id !== view.host ? [{ id, name: seat.name }] : []
  })
}
