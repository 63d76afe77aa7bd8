/** Times as agencies type them: the clock on a Beijing wall, whatever zone this computer is set to. */

const ZONE_MS = 8 * 3_600_000

/** `2026-03-23T01:30:00.000Z` → `2026-03-23T09:30`, the value of a datetime-local control. */
export function toLocal(instant: string | null | undefined): string {
  if (!instant) return ''
  return new Date(Date.parse(instant) + ZONE_MS).toISOString().slice(0, 16)
}

/** `2026-03-23T09:30` in Beijing → `2026-03-23T01:30:00.000Z`; null for what is no time. */
export function fromLocal(text: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text)) return null
  const at = Date.parse(`${text}Z`)
  return Number.isNaN(at) ? null : new Date(at - ZONE_MS).toISOString()
}

/** The first sensible time of an opening that may not lie before an instant: half past nine of that day, if days count. */
export function firstOpening(earliest: string, unit: string): string {
  if (unit === 'seconds') {
    // A whole minute, with one to spare for the rest of the work.
    return toLocal(new Date(Math.ceil((Date.parse(earliest) + 60_000) / 60_000) * 60_000).toISOString())
  }
  return `${toLocal(earliest).slice(0, 10)}T09:30`
}
