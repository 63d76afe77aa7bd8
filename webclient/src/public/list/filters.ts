/** What the list is asked for. It lives in the page's address, so that a search can be kept and passed on. */
import type { LocationQuery, LocationQueryRaw } from 'vue-router'

export const FIELDS = ['q', 'stage', 'region', 'type', 'regime', 'from', 'until', 'order'] as const
export type Field = (typeof FIELDS)[number]
export type Filters = Record<Field, string> & { page: number }

export const STAGES = ['receiving', 'opening', 'opened', 'awarded', 'ended'] as const
export const TYPES = ['works', 'epc', 'supervision', 'goods', 'services', 'gp'] as const
export const REGIMES = ['ENG', 'GP', 'GP-N', 'SMALL', 'VOL', 'REHEARSAL'] as const
const DAY = /^\d{4}-\d{2}-\d{2}$/
const ALLOWED: Partial<Record<Field, readonly string[]>> = { stage: STAGES, order: ['newest', 'opening'] }

const one = (value: LocationQuery[string] | undefined): string => (Array.isArray(value) ? value[0] : value) ?? ''

/** The filters in an address; what cannot be asked is left out, so that an old link still shows a list. */
export function filtersOf(query: LocationQuery): Filters {
  const found = Object.fromEntries(FIELDS.map((field) => [field, one(query[field]).slice(0, 100)])) as Record<Field, string>
  for (const field of ['from', 'until'] as const) if (!DAY.test(found[field]) || Number.isNaN(Date.parse(found[field]))) found[field] = ''
  for (const [field, allowed] of Object.entries(ALLOWED) as [Field, readonly string[]][])
    if (!allowed.includes(found[field])) found[field] = ''
  const page = Number(one(query.page))
  return { ...found, page: Number.isInteger(page) && page >= 1 && page <= 10_000 ? page : 1 }
}

/** The address of these filters: only what was chosen stands in it. */
export function addressOf(filters: Filters): LocationQueryRaw {
  const chosen = FIELDS.filter((field) => filters[field]).map((field) => [field, filters[field]] as const)
  return { ...Object.fromEntries(chosen), ...(filters.page > 1 ? { page: String(filters.page) } : {}) }
}

/** Midnight in Beijing at the beginning of a day, or of the next one. */
function midnight(day: string, next = false): string {
  const start = Date.parse(`${day}T00:00:00+08:00`)
  return new Date(start + (next ? 86_400_000 : 0)).toISOString()
}

/** As the server is asked; days are whole days in Beijing. */
export function queryOf(filters: Filters, size = 20): URLSearchParams {
  const query = new URLSearchParams()
  for (const field of ['q', 'stage', 'region', 'type', 'regime', 'order'] as const) if (filters[field]) query.set(field, filters[field])
  if (filters.from) query.set('opensFrom', midnight(filters.from))
  if (filters.until) query.set('opensUntil', midnight(filters.until, true))
  if (filters.page > 1) query.set('page', String(filters.page))
  query.set('size', String(size))
  return query
}
