/** One check in a worker, and what this browser remembers of the log between checks. */
import { onScopeDispose, reactive, shallowRef } from 'vue'
import { startWorker } from '@/app/trusted'
import type { Kind, Message, Request, Result } from './core/checks'
import type { Memory } from './core/memory'
import type { Step } from './core/report'
import workerUrl from './verify.worker.ts?worker&url'

const KEY = 'kaibiao-log'

export function remembered(): Memory {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Memory
  } catch {
    return {}
  }
}
export const forgetLog = (): void => localStorage.removeItem(KEY)

interface State {
  phase: 'idle' | 'running' | 'done' | 'failed'
  kind: Kind | null
  planned: readonly string[]
  steps: Step[]
  now: string
  done: number
  total: number
  failure: { code: string; detail: string } | null
}
const fresh = (): State => ({ phase: 'idle', kind: null, planned: [], steps: [], now: '', done: 0, total: 0, failure: null })

export type Asked = { file: File } | { code: string } | { lot: string }

export function useCheck() {
  const state = reactive<State>(fresh())
  const result = shallowRef<Result | null>(null)
  let worker: Worker | null = null

  function stop(): void {
    worker?.terminate()
    worker = null
  }
  function start(asked: Asked): void {
    stop()
    Object.assign(state, fresh(), { phase: 'running' })
    result.value = null
    worker = startWorker(workerUrl, 'verify')
    worker.onmessage = (event: MessageEvent<Message>) => take(event.data)
    worker.onerror = (event) => take({ type: 'failed', code: 'page-fault', detail: event.message })
    worker.postMessage({ ...asked, memory: remembered() } satisfies Request)
  }
  function take(message: Message): void {
    if (message.type === 'kind') Object.assign(state, { kind: message.kind, planned: message.steps })
    else if (message.type === 'starting') state.now = message.id
    else if (message.type === 'step') state.steps.push(message.step)
    else if (message.type === 'bytes') Object.assign(state, { done: message.done, total: message.total })
    else if (message.type === 'done') finish(message.result)
    else Object.assign(state, { phase: 'failed', failure: { code: message.code, detail: message.detail } })
    if (message.type === 'done' || message.type === 'failed') stop()
  }
  function finish(found: Result): void {
    // A log that contradicts what was seen must not replace what was seen.
    if (found.steps.find((step) => step.id === 'memory')?.outcome === 'ok') localStorage.setItem(KEY, JSON.stringify(found.memory))
    result.value = found
    state.steps = [...found.steps]
    state.phase = 'done'
  }
  function reset(): void {
    stop()
    Object.assign(state, fresh())
    result.value = null
  }
  onScopeDispose(stop)
  return { state, result, start, reset }
}
