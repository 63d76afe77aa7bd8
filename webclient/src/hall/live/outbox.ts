/** Commands that were given and not answered yet. Each keeps its id, so that sending again never acts twice. */
import { type Problem, problem } from '@/api/http'
import { problemFrom } from '@/api/problem'
import type { Answer } from '../wire'
import type { Frame } from './types'

/** How long a command waits for its answer over all reconnections. */
export const PATIENCE_MS = 60_000

export interface CommandBody {
  id: string
  do: string
  [field: string]: unknown
}

interface Pending {
  body: CommandBody
  resolve(answer: Answer): void
  reject(why: Problem): void
  timer: ReturnType<typeof setTimeout>
}

export function newCommandId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Nobody knows whether the command arrived; asking again under the same id tells. */
export function outcomeUnknown(id: string): Problem {
  return problem(
    'outcome-unknown',
    {
      what: '一分钟内没有收到服务器对这一步的答复。',
      meaning: '这一步可能已经生效，也可能没有送达；投标文件不受影响。',
      do: '请再点一次同一按钮：平台按同一编号识别，绝不会执行两次。',
    },
    {
      what: 'The server did not answer this step within a minute.',
      meaning: 'It may have taken effect or may not have arrived. Your bid is not affected.',
      do: 'Press the same button again: the platform knows the step by its number and never carries it out twice.',
    },
    { id },
  )
}

export class Outbox {
  private readonly pending = new Map<string, Pending>()

  /** A promise of the answer; the same id given twice at once shares nothing but the outcome. */
  add(body: CommandBody): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.pending.delete(body.id)
        reject(outcomeUnknown(body.id))
      }, PATIENCE_MS)
      this.pending.set(body.id, { body, resolve, reject, timer })
    })
  }

  /** What has to be sent (again). */
  bodies(): CommandBody[] {
    return [...this.pending.values()].map((one) => one.body)
  }

  has(id: string): boolean {
    return this.pending.has(id)
  }

  /** Take an answer frame; false when nobody waits for it. */
  answer(frame: Frame): boolean {
    if (typeof frame.re !== 'string') return false
    if (frame.problem) return this.refuse(frame.re, problemFrom(frame.problem, statusOf(frame.problem)))
    const { re: _, ...answer } = frame
    return this.accept(frame.re, answer as Answer)
  }

  accept(id: string, answer: Answer): boolean {
    return this.settle(id, (one) => one.resolve(answer))
  }

  refuse(id: string, why: Problem): boolean {
    return this.settle(id, (one) => one.reject(why))
  }

  /** The page leaves: nobody will hear of these any more. */
  abandon(): void {
    for (const id of [...this.pending.keys()]) this.refuse(id, outcomeUnknown(id))
  }

  private settle(id: string, tell: (one: Pending) => void): boolean {
    const one = this.pending.get(id)
    if (!one) return false
    this.pending.delete(id)
    clearTimeout(one.timer)
    tell(one)
    return true
  }
}

function statusOf(body: unknown): number {
  const status = (body as { status?: unknown }).status
  return typeof status === 'number' ? status : 0
}
