/** Sealing in the worker: ciphertext goes to the private file system, the proof that own keys open it comes with it. */
import { Problem } from '@/api/problem'
import { newContext } from '@/crypto/context'
import { Invalid } from '@/crypto/errors'
import { parseKeyset } from '@/crypto/keyset'
import { proveOpens } from '@/crypto/opening'
import { Gate as SealingGate, opfsSink, SealingJob } from '@/crypto/sealing'
import { signerFrom } from '@/identity/signer/signer'
import { fileChanged, fileGone, noRoomLeft } from '../problems'
import { bidFolder, partFile, removeParts } from '../state/opfs'
import type { Gate } from './gate'
import type { SealRequest, SealResult } from './messages'

type Told = (done: number, total: number) => void

/** Seal a bid. Throws `Problem` or `Invalid`; what was written is removed then. */
export async function seal(asked: SealRequest, gate: Gate, progress: Told): Promise<SealResult> {
  try {
    return await sealed(asked, gate, progress)
  } catch (thrown) {
    await removeParts(asked.bid).catch(() => undefined)
    throw understood(thrown)
  }
}

async function sealed(asked: SealRequest, gate: Gate, progress: Told): Promise<SealResult> {
  const keyset = parseKeyset(asked.keyset)
  const { tender, lot, docsHash, bid, round } = asked
  const ctx = newContext(tender, lot, { keysetHash: keyset.hash(), docsHash, bid, round })
  const parts = asked.parts.map(({ name, form, files }) => ({ name, form, files: files.map((one) => ({ name: one.name, blob: one.file })) }))
  const job = await SealingJob.start({ ctx, keyset, parts, prev: asked.prev })
  await sealParts(job, bid, gate, progress)
  const done = await job.finish({ identity: asked.identity, signer: signerFrom(asked.signer) })
  const keyFile = await job.keyFile(asked.passphrase)
  // Nobody should learn on the day that a key does not fit.
  await proveOpens(done.manifest, { keyFile, passphrase: asked.passphrase })
  await proveOpens(done.manifest, { code: job.recoveryCode })
  return {
    manifest: done.manifestBytes,
    box: done.box,
    keyFile,
    recoveryCode: job.recoveryCode,
    recoverySheet: job.recoverySheet,
    submission: done.submission,
    kBidder: job.state.kBidder,
    receiptPrivate: job.state.receiptPrivate,
    sizes: { box: done.box.length, ...Object.fromEntries(job.plans.map((plan) => [plan.name, plan.size])) },
  }
}

async function sealParts(job: SealingJob, bid: string, gate: Gate, progress: Told): Promise<void> {
  const pausing = new SealingGate()
  const unhook = gate.follow(
    () => pausing.pause(),
    () => pausing.resume(),
  )
  const folder = await bidFolder(bid)
  let before = 0
  try {
    for (const plan of job.plans) {
      const sink = await opfsSink(folder, partFile(plan.name), plan.size)
      try {
        await job.seal(plan.name, sink, { gate: pausing, progress: (done) => progress(before + done, job.size) })
      } finally {
        sink.close()
      }
      before += plan.size
    }
  } finally {
    unhook()
  }
}

/** Ways in which a browser reports that a chosen file is not there any more. */
const GONE = new Set(['NotFoundError', 'NotAllowedError'])

/** A fault of the files or of the disk, in words; everything else as it is. */
function understood(thrown: unknown): unknown {
  if (thrown instanceof Problem || !(thrown instanceof Invalid)) return thrown
  const name = String(thrown.facts['name'] ?? '')
  if (thrown.code === 'file-changed') return GONE.has(String(thrown.facts['why'])) ? fileGone(name) : fileChanged(name)
  return thrown.code === 'no-room' ? noRoomLeft() : thrown
}
