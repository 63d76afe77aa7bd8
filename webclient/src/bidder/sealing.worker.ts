/**
 * Seals and uploads off the page's thread, so that the page stays usable and the work survives its navigation.
 * Nothing plain leaves here but into the sealing; nothing sealed leaves the private file system but to the upload.
 */
import { asProblem, type Problem } from '@/api/problem'
import { Gate } from './upload/gate'
import type { FromWorker, RunState, SealRequest, ToWorker, UploadRequest } from './upload/messages'
import { Rate } from './upload/rate'
import { seal } from './upload/seal'
import { submit } from './upload/submit'

const gate = new Gate()
const rate = new Rate()
/** Progress is told at most this often, in ms. */
const BEAT = 100
let told = 0
let interruptions = 0

const say = (message: FromWorker, transfer: Transferable[] = []): void =>
  (self as unknown as Worker).postMessage(message, transfer)

function progress(state: Partial<RunState>, now = false): void {
  const at = performance.now()
  if (!now && at - told < BEAT) return
  told = at
  say({ is: 'progress', state })
}

function fail(thrown: unknown): void {
  const { code, zh, en, status, facts } = asProblem(thrown) as Problem
  say({ is: 'failed', problem: { code, zh, en, status, facts } })
}

async function runSeal(request: SealRequest): Promise<void> {
  rate.reset()
  progress({ stage: 'sealing', sealed: 0, speed: 0, left: null }, true)
  const result = await seal(request, gate, (sealed, sealTotal) => {
    rate.add(performance.now(), sealed)
    progress({ stage: 'sealing', sealed, sealTotal, speed: rate.speed(), left: rate.left(sealTotal) }, sealed === sealTotal)
  })
  say({ is: 'sealed', result })
}

async function runUpload(request: UploadRequest): Promise<void> {
  rate.reset()
  interruptions = 0
  const total = Object.values(request.sizes).reduce((sum, size) => sum + size, 0)
  let down = false
  // How much is there already the platform says: no figure before its answer.
  progress({ stage: 'uploading', total: 0, sent: 0, confirmed: 0, speed: 0, left: null, waiting: false }, true)
  const result = await submit(request, {
    gate,
    progress: (confirmed, onTheWay) => {
      const sent = confirmed + onTheWay
      rate.add(performance.now(), sent)
      progress({ stage: 'uploading', confirmed, sent, total, speed: rate.speed(), left: rate.left(total) }, confirmed === total)
    },
    waiting: (is) => {
      if (is && !down) interruptions += 1
      if (is !== down) {
        down = is
        rate.reset()
        progress({ waiting: is, interruptions, ...(is ? { speed: 0, left: null } : {}) }, true)
      }
    },
    begun: (upload, secret) => say({ is: 'begun', upload, secret }),
    verifying: () => progress({ stage: 'verifying', sent: total, confirmed: total, speed: 0, left: null }, true),
  })
  say({ is: 'uploaded', result })
}

self.addEventListener('message', (event: MessageEvent<ToWorker>) => {
  const asked = event.data
  switch (asked.do) {
    case 'seal':
      return void runSeal(asked.request).catch(fail)
    case 'upload':
      return void runUpload(asked.request).catch(fail)
    case 'pause':
      rate.reset()
      return gate.pause()
    case 'resume':
      rate.reset()
      return gate.resume()
  }
})
