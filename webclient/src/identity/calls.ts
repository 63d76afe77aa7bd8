/** Calls about sessions, of this tab's slot or another one's. They never start a renewal: they are part of it. */
import { pageAs } from '@/app/place'
import { offline, problemFrom } from '@/api/problem'

/** The JSON answer of a slot (null: of a visitor). Throws `Problem`. */
export async function callAs<T>(slot: string | null, method: string, path: string, body?: unknown): Promise<T> {
  const headers = new Headers()
  if (method !== 'GET') headers.set('X-Kaibiao', '1')
  if (body !== undefined) headers.set('Content-Type', 'application/json')
  const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' }
  if (body !== undefined) init.body = JSON.stringify(body)
  const answer = await fetch(pageAs(slot, `/api${path}`), init).catch(() => {
    throw offline()
  })
  if (!answer.ok) throw problemFrom(await answer.json().catch(() => null), answer.status)
  return (answer.status === 204 ? undefined : await answer.json()) as T
}
