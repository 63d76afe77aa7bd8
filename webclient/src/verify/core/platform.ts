/** What a check asks of this platform, without session: it learns which record is looked at, not by whom. */
import { Invalid } from '@/crypto/errors'

export interface Platform {
  json<T>(path: string): Promise<T>
  text(path: string): Promise<string>
  blob(path: string, progress: (done: number, total: number) => void): Promise<Blob>
}

/** The platform refused or is out of reach; `code` as in its problem document. */
export class Refused extends Invalid {
  constructor(code: string, readonly status: number) {
    super(code, status ? String(status) : '')
  }
}

async function ask(path: string): Promise<Response> {
  let answer: Response
  try {
    answer = await fetch(`/api${path}`, { credentials: 'omit', cache: 'no-store' })
  } catch {
    throw new Refused('offline', 0)
  }
  if (answer.ok) return answer
  const problem = (await answer.json().catch(() => ({}))) as { code?: string }
  throw new Refused(problem.code ?? 'unreadable-answer', answer.status)
}

export const platform: Platform = {
  json: async <T>(path: string) => (await (await ask(path)).json()) as T,
  text: async (path) => (await ask(path)).text(),
  async blob(path, progress) {
    const answer = await ask(path)
    const total = Number(answer.headers.get('Content-Length') ?? 0)
    const parts: Blob[] = []
    let [done, pending, size] = [0, [] as Uint8Array<ArrayBuffer>[], 0]
    const reader = answer.body!.getReader()
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      pending.push(read.value as Uint8Array<ArrayBuffer>)
      size += read.value.length
      done += read.value.length
      // Blobs of some MiB let the browser keep them outside this worker's memory.
      if (size > 8 << 20) {
        parts.push(new Blob(pending))
        pending = []
        size = 0
      }
      progress(done, total)
    }
    return new Blob([...parts, ...pending])
  },
}
