/** Pages that belong to an identity: a visitor is sent to sign in, and comes back to the page asked for. */
import type { RouteLocationNormalized, RouteLocationRaw } from 'vue-router'
import { slot } from '@/app/place'
import { loadSession, ensureSession } from './session'

/** For routes with `meta: { session: true }`. In a slot whose session is gone the page stays and asks in place. */
export async function needSession(to: RouteLocationNormalized): Promise<true | RouteLocationRaw> {
  if (!slot) return { path: '/sign-in', query: { next: to.fullPath } }
  const known = await loadSession().catch(() => undefined) // offline: the page shows it
  if (known === null) {
    const again = await ensureSession().catch(() => null)
    if (!again) return { path: '/sign-in', query: { next: to.fullPath } }
  }
  return true
}

/** A path of this site to go on to, never another site's address. */
export function safeNext(wanted: unknown): string {
  return typeof wanted === 'string' && /^\/(?![/\\])/.test(wanted) ? wanted : '/desk'
}
