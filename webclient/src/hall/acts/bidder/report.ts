/** Reports about a bid (故障报告): evidence for whose fault a failure was, never a decision. */
import type { Acts } from '../acts'

const VALUE = 200
const MOST = 16

/** Report what this client observed. A report that does not get through changes nothing. */
export async function reportTrouble(acts: Acts, seat: string, kind: string, facts: Record<string, string>): Promise<boolean> {
  const may = seat === acts.hall.seat.value ? acts.hall.may('Diagnose') : acts.hall.mine.value.seats?.[seat]?.may.includes('Diagnose')
  if (!may) return false
  try {
    await acts.send(seat, 'Diagnose', { kind, facts: bounded(facts) }, { quiet: kind !== 'note' })
    return true
  } catch {
    return false
  }
}

/** Facts as the server takes them: few, short, named in lower case. */
export function bounded(facts: Record<string, string>): Record<string, string> {
  const kept = Object.entries(facts).filter(([, value]) => value)
  return Object.fromEntries(kept.slice(0, MOST).map(([name, value]) => [name.toLowerCase(), value.slice(0, VALUE)]))
}

/** What the page knows about the computer and its connection; nothing that names a person. */
export function environment(): Record<string, string> {
  const link = (navigator as Navigator & { connection?: { effectiveType?: string; rtt?: number } }).connection
  return bounded({
    browser: navigator.userAgent,
    online: String(navigator.onLine),
    network: link?.effectiveType ?? '',
    rtt: link?.rtt === undefined ? '' : `${link.rtt} ms`,
  })
}
