/**
 * One-time upload tickets (上传凭证). Every account draws the same batch at its first sign-in of a month, whether it bids
 * or not, so that drawing tells nothing; they lie together in this browser, and one is taken without saying who drew it.
 */
import { post } from '@/api/http'
import { now } from '@/clock'
import { noTicket } from './problems'
import { database } from './state/db'
import type { Drawn } from '@/wire/api'

const thisMonth = (): string => new Date(now()).toISOString().slice(0, 7)

/** After a session is known, whatever its role: draw this month's batch once per account. Never throws. */
export async function keepTickets(session: { creditCode: string }): Promise<void> {
  try {
    // Signing in and loading may both come here, and so may two tabs: one draws.
    await navigator.locks.request('kaibiao-tickets', () => drawOnce(session.creditCode))
  } catch {
    // The next sign-in, or the upload itself, asks again.
  }
}

async function drawOnce(account: string): Promise<void> {
  const db = await database()
  const month = thisMonth()
  if ((await db.get('drawn', account))?.month === month) return
  await drawTickets()
  await db.put('drawn', { account, month })
}

/** Draw a batch with this tab's session into the browser's common store. Throws `Problem`. */
export async function drawTickets(): Promise<void> {
  const drawn = await post<Drawn>('/tickets', {})
  const tx = (await database()).transaction('tickets', 'readwrite')
  await Promise.all([
    ...drawn.tickets.map((ticket) => tx.store.put({ ticket, month: drawn.month, usableUntil: drawn.usableUntil })),
    tx.done,
  ])
}

/** Take one ticket out, so that none is used twice; any one of them, so that their order tells nothing. */
async function take(): Promise<string | null> {
  const tx = (await database()).transaction('tickets', 'readwrite')
  const today = new Date(now()).toISOString()
  const [expired, usable] = [[] as string[], [] as string[]]
  for (const held of await tx.store.getAll()) (held.usableUntil < today ? expired : usable).push(held.ticket)
  const chosen = usable[Math.floor(Math.random() * usable.length)] ?? null
  await Promise.all([...expired, ...(chosen ? [chosen] : [])].map((ticket) => tx.store.delete(ticket)))
  await tx.done
  return chosen
}

/** A ticket for one upload; drawn now if there is none. Throws `no-ticket`, or the session's problem. */
export async function takeTicket(): Promise<string> {
  const held = await take()
  if (held) return held
  await drawTickets()
  const drawn = await take()
  if (!drawn) throw noTicket()
  return drawn
}
