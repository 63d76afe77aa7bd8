/** What a person is here for: which desks are theirs, and which openings they have a seat in. */
import { get } from '@/api/http'
import type { Session } from '../types'
import type { HallLine, Phase } from '@/wire/hall'

export type { HallLine } from '@/wire/hall'

export type DutyKey = 'bids' | 'agency' | 'checks' | 'officer' | 'supervision' | 'certificates' | 'operators'

export interface Duty {
  key: DutyKey
  to: string
  /** How many things wait or are under way there; 0 when that is not known. */
  count: number
}

const OVER = new Set<Phase>(['RECORDED', 'FAILED', 'ABORTED'])
const quiet = <T>(path: string, none: T): Promise<T> => get<T>(path).catch(() => none)

export async function halls(session: Session): Promise<HallLine[]> {
  if (session.roles.some((role) => role.startsWith('operator:'))) return []
  const { halls: found } = await quiet<{ halls: HallLine[] }>('/halls', { halls: [] })
  return found
    .filter((hall) => hall.mine.length > 0 && !OVER.has(hall.phase))
    .sort((a, b) => a.opensAt.localeCompare(b.opensAt))
}

/** The desks of a person, the most particular first; every certificate may bid. */
export async function duties(session: Session): Promise<Duty[]> {
  const has = (...roles: string[]): boolean => session.roles.some((role) => roles.includes(role))
  if (has('operator:system')) {
    const { applications } = await quiet<{ applications: unknown[] }>('/ca/applications', { applications: [] })
    return [
      { key: 'certificates', to: '/certificate-desk', count: applications.length },
      { key: 'operators', to: '/operators', count: 0 },
    ]
  }
  if (has('operator:security', 'operator:audit')) return [{ key: 'operators', to: '/operators', count: 0 }]
  const [tenders, seats, checks] = await Promise.all([
    quiet<{ tenders: unknown[] }>('/tenders', { tenders: [] }),
    quiet<{ seats: { own: boolean }[] }>('/officer/seats', { seats: [] }),
    has('witness', 'supervisor') ? quiet<{ checks: unknown[] }>('/checks', { checks: [] }) : { checks: [] },
  ])
  const found: (Duty | false)[] = [
    (has('agency', 'tenderer') || tenders.tenders.length > 0) && { key: 'agency', to: '/agency', count: tenders.tenders.length },
    seats.seats.length > 0 && { key: 'officer', to: '/officer', count: seats.seats.length },
    has('supervisor') && { key: 'supervision', to: '/supervision', count: 0 },
    checks.checks.length > 0 && { key: 'checks', to: '/agency/checks', count: checks.checks.length },
    has('bidder') && { key: 'bids', to: '/bids', count: 0 },
  ]
  return found.filter((each) => each !== false)
}
