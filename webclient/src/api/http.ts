/** Calls to the platform. Every failure is a `Problem`. */
import { site } from '@/app/place'
import { offline, Problem, problemFrom } from './problem'

export { Problem, problem, asProblem, type Explained } from './problem'

/** Codes that mean: this tab's session is gone and the same call may be made again after signing in. */
const SESSION_GONE = new Set(['sign-in-needed'])

type Reviver = (why: Problem) => Promise<boolean>
let revive: Reviver | null = null

/** Identity hands in how an expired session is renewed in place; resolves true when the call may be repeated. */
export function onSessionGone(reviver: Reviver): void {
  revive = reviver
}

export interface Call extends RequestInit {
  /** Send without session, cookie or slot: what must not be linked to a person (tickets, receipts, uploads). */
  anonymous?: boolean
  /** Do not offer to sign in again when the session is gone: the caller only wanted to know. */
  quiet?: boolean
}

/** One call; the answer whatever its type. Throws `Problem` for every status of 400 and above. */
export async function raw(path: string, call: Call = {}): Promise<Response> {
  const { anonymous, quiet, ...init } = call
  const once = async (): Promise<Response> => {
    const headers = new Headers(init.headers)
    // Says that a page of ours asks, and nothing of who looks at it.
    if (init.method && init.method !== 'GET') headers.set('X-Kaibiao', '1')
    let answer: Response
    try {
      answer = await fetch(`${anonymous ? '' : site}/api${path}`, {
        ...init,
        headers,
        credentials: anonymous ? 'omit' : 'same-origin',
        cache: init.cache ?? 'no-store',
      })
    } catch (fault) {
      if (init.signal?.aborted) throw fault
      throw offline()
    }
    if (answer.ok) return answer
    throw problemFrom(await answer.json().catch(() => null), answer.status)
  }
  try {
    return await once()
  } catch (fault) {
    const gone = fault instanceof Problem && SESSION_GONE.has(fault.code)
    if (gone && !anonymous && !quiet && revive && (await revive(fault))) return once()
    throw fault
  }
}

async function json<T>(path: string, method: string, body: unknown, call: Call): Promise<T> {
  const headers = new Headers(call.headers)
  const sends = body !== undefined
  if (sends) headers.set('Content-Type', 'application/json')
  const answer = await raw(path, { ...call, method, headers, ...(sends ? { body: JSON.stringify(body) } : {}) })
  if (answer.status === 204) return undefined as T
  return (await answer.json()) as T
}

export const get = <T>(path: string, call: Call = {}): Promise<T> => json<T>(path, 'GET', undefined, call)
export const post = <T>(path: string, body?: unknown, call: Call = {}): Promise<T> => json<T>(path, 'POST', body, call)
export const put = <T>(path: string, body?: unknown, call: Call = {}): Promise<T> => json<T>(path, 'PUT', body, call)
export const patch = <T>(path: string, body?: unknown, call: Call = {}): Promise<T> => json<T>(path, 'PATCH', body, call)
export const del = <T>(path: string, call: Call = {}): Promise<T> => json<T>(path, 'DELETE', undefined, call)
