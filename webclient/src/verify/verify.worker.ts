/** Checks run off the page's thread: hashing gigabytes must not freeze it. */
import type { Message, Request } from './core/checks'
import { run } from './core/run'
import { Failed, Unreadable } from './core/report'

const say = (message: Message): void => postMessage(message)

addEventListener('message', (event: MessageEvent<Request>) => {
  void run(event.data, {
    kind: (kind, steps) => say({ type: 'kind', kind, steps }),
    starting: (id) => say({ type: 'starting', id }),
    step: (step) => say({ type: 'step', step }),
    bytes: (done, total) => say({ type: 'bytes', done, total }),
  }).then(
    (result) => say({ type: 'done', result }),
    (fault: unknown) => say({ type: 'failed', ...named(fault) }),
  )
})

function named(fault: unknown): { code: string; detail: string } {
  if (fault instanceof Unreadable) return { code: 'unreadable-file', detail: fault.message }
  if (fault instanceof Failed) return { code: fault.wrong.reason, detail: fault.wrong.detail ?? '' }
  const { code, message } = fault as { code?: string; message?: string }
  return { code: code ?? 'page-fault', detail: message ?? String(fault) }
}
