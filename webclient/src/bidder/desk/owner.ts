/**
 * Whose bids this tab shows. A session may expire in the middle of an upload, which needs none: so that a reload still
 * finds the bid, the browser keeps which person a slot belongs to.
 */
import { slot } from '@/app/place'
import { loadSession } from '@/identity/session'

const KEY = 'kb-bidder-owner'

/** The person of this tab: from the session, else the one this slot belonged to last. */
export function rememberedOwner(session?: { person: { id: string } } | null): string | null {
  if (!slot) return null
  const known = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, string>
  if (session) {
    if (known[slot] !== session.person.id) localStorage.setItem(KEY, JSON.stringify({ ...known, [slot]: session.person.id }))
    return session.person.id
  }
  return known[slot] ?? null
}

/** The same for somebody who has just signed in: a new slot, and the same person's bids. */
export async function bidOwner(): Promise<string | null> {
  return rememberedOwner(await loadSession().catch(() => null))
}
