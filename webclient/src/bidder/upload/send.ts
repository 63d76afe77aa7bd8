/**
 * One anonymous request of the upload. No session and no cookie: cookies live under /as/{slot} only, and a worker's
 * referrer is its own script, so that nothing links an upload to whoever is signed in (docs/formats/upload.md).
 * XMLHttpRequest, for fetch does not tell how many bytes of a body are on their way.
 */
import { offline, problemFrom, type Problem } from '@/api/problem'

/** Without any progress for so long a request is given up and made again. */
const STALLED = 45_000

export interface Sent {
  method: string
  path: string
  headers?: Record<string, string>
  body?: Blob | string
  onProgress?: (bytes: number) => void
  signal?: AbortSignal
  /** The server may hold the answer back for so long (ms). */
  patience?: number
}

/** The parsed answer. Throws `Problem`; `facts.retryAfter` in seconds where the server named one. */
export function send<T>(asked: Sent): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const xhr = new XMLHttpRequest()
    let stalled = 0
    const abort = (): void => xhr.abort()
    const alive = (): void => {
      clearTimeout(stalled)
      stalled = setTimeout(abort, STALLED + (asked.patience ?? 0)) as unknown as number
    }
    const done = (): void => {
      clearTimeout(stalled)
      asked.signal?.removeEventListener('abort', abort)
    }
    const fail = (): void => {
      done()
      reject(offline())
    }
    xhr.open(asked.method, `/api${asked.path}`)
    for (const [name, value] of Object.entries(asked.headers ?? {})) xhr.setRequestHeader(name, value)
    xhr.upload.onprogress = (event) => {
      alive()
      asked.onProgress?.(event.loaded)
    }
    xhr.onerror = fail
    xhr.onabort = fail
    xhr.onload = () => {
      done()
      if (xhr.status >= 200 && xhr.status < 300) resolve(parse(xhr.responseText) as T)
      else reject(refusal(xhr))
    }
    if (asked.signal?.aborted) return fail()
    asked.signal?.addEventListener('abort', abort)
    alive()
    xhr.send(asked.body ?? null)
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function refusal(xhr: XMLHttpRequest): Problem {
  const found = problemFrom(parse(xhr.responseText), xhr.status)
  const after = Number(xhr.getResponseHeader('Retry-After'))
  if (after > 0) found.facts.retryAfter = after
  return found
}

/** Whether the same request may succeed later without anybody doing anything. */
export const isPassing = (fault: Problem): boolean =>
  fault.code === 'offline' || fault.status >= 500 || fault.status === 429 || fault.status === 408
