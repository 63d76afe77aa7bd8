/** From a sealed package to the platform's decision: begin or find again, send, wait, receipt. Runs in the worker. */
import { asProblem, Problem } from '@/api/problem'
import { b64 } from '@/crypto/canonical'
import type { UploadBegun, UploadState, UploadStatus } from '@/wire/api'
import type { Bodies } from '@/wire/bodies'
import { openPart } from '../state/opfs'
import { ciphertextGone } from '../problems'
import { Engine, pauseFor, type Pieces } from './engine'
import type { Gate } from './gate'
import type { UploadRequest, UploadResult } from './messages'
import { isPassing, send } from './send'

/** The server holds a question about the fate of an upload for so long, in seconds. */
const WAIT = 20
const PIECE_SIZE = 8 << 20

export interface SubmitHooks {
  gate: Gate
  progress: (confirmed: number, onTheWay: number) => void
  waiting: (is: boolean) => void
  begun: (upload: string, secret: string) => void
  verifying: () => void
}

/** Repeats a small request while the line is down. */
async function insist<T>(hooks: SubmitHooks, ask: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    await hooks.gate.pass()
    try {
      const answer = await ask()
      if (failures) hooks.waiting(false)
      return answer
    } catch (thrown) {
      const fault = asProblem(thrown)
      if (!isPassing(fault)) throw fault
      hooks.waiting(true)
      await pauseFor(Number(fault.facts.retryAfter) || Math.min(15, 0.5 * 2 ** failures), hooks.gate)
    }
  }
}

async function filesOf(asked: UploadRequest): Promise<Record<string, Blob>> {
  const files: Record<string, Blob> = { box: new Blob([asked.box]) }
  for (const [part, size] of Object.entries(asked.sizes)) {
    if (part === 'box') continue
    const file = await openPart(asked.bid, part).catch(() => null)
    if (!file || file.size !== size) throw ciphertextGone()
    files[part] = file
  }
  return files
}

function begin(asked: UploadRequest): Promise<UploadBegun> {
  const { box, ...parts } = asked.sizes
  const body: Bodies['POST /lots/{lot}/uploads'] = {
    ticket: asked.ticket,
    manifest: b64(asked.manifest),
    box: box!,
    parts,
    ...(asked.replace ? { replace: asked.replace } : {}),
  }
  return send<UploadBegun>({
    method: 'POST',
    path: `/lots/${asked.lot}/uploads`,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
}

const status = (at: { upload: string; secret: string }, wait = 0): Promise<UploadStatus> =>
  send<UploadStatus>({
    method: 'GET',
    path: `/uploads/${at.upload}${wait ? `?wait=${wait}` : ''}`,
    headers: { 'X-Upload-Secret': at.secret },
    patience: wait * 1000,
  })

/** The upload as the platform has it: the one begun before, else a new one of the same manifest. */
async function find(asked: UploadRequest, hooks: SubmitHooks): Promise<Pieces & { state: UploadState }> {
  if (asked.known) {
    const known = asked.known
    const told = await insist(hooks, () => status(known)).catch((thrown: unknown) => {
      if (thrown instanceof Problem && thrown.code === 'not-found') return null
      throw thrown
    })
    if (told) return { ...known, pieceSize: PIECE_SIZE, missing: told.missing, state: told.state }
  }
  const begun = await insist(hooks, () => begin(asked))
  hooks.begun(begun.upload, begun.secret)
  return begun
}

/** Until the platform decided. Throws what no repetition can mend; calling it again goes on. */
export async function submit(asked: UploadRequest, hooks: SubmitHooks): Promise<UploadResult> {
  const files = await filesOf(asked)
  let at = await find(asked, hooks)
  if (at.state === 'receiving') {
    const engine = new Engine(at, files, {
      gate: hooks.gate,
      progress: hooks.progress,
      waiting: hooks.waiting,
      begin: async () => (at = await find({ ...asked, known: null }, hooks)),
    })
    await engine.run()
  }
  hooks.verifying()
  return decided(at, hooks)
}

async function decided(at: Pieces, hooks: SubmitHooks): Promise<UploadResult> {
  for (;;) {
    const told = await insist(hooks, () => status(at, WAIT))
    if (told.state === 'accepted') continue
    if (told.state === 'receiving') throw new Error('the platform still misses pieces')
    const receipt = told.refused ? null : await insist(hooks, () => receiptOf(at))
    return { state: told.state, acceptedAt: told.acceptedAt, refused: told.refused, receipt }
  }
}

async function receiptOf(at: Pieces): Promise<string> {
  const told = await send<unknown>({
    method: 'GET',
    path: `/uploads/${at.upload}/receipt`,
    headers: { 'X-Upload-Secret': at.secret },
  })
  // Canonical JSON of strings only: writing it again gives the very bytes the platform signed.
  return JSON.stringify(told)
}
