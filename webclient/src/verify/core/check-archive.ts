/** An archive, from a file or fetched for a lot: its own steps, then the log that this platform shows today. */
import { openCheckpoint, parseVerifier } from '@/crypto/checkpoint'
import { Invalid } from '@/crypto/errors'
import type { Case } from './archive/case'
import { ARCHIVE_STEPS, type ArchiveReport, verifyArchive } from './archive/steps'
import { blank, type Reporter, type Result, verdictOf } from './checks'
import { liveLog, type LiveLog, type Memory, requirePrefix } from './memory'
import { Refused, type Platform } from './platform'
import { Findings, place, Skipped, type Step, stepOf } from './report'
import { blobSource } from './source'

/** Without these an archive shows nothing that counts. */
const ESSENTIAL = ['signature', 'container', 'contents', 'checkpoint', 'leaves', 'events', 'setup', 'closed', 'batches', 'openings', 'minutes', 'record']
const FAILED_OPENING = ['signature', 'container', 'contents', 'checkpoint', 'leaves', 'events', 'setup']

export interface CheckedArchive {
  report: ArchiveReport
  bench: Case | null
  live: LiveLog | null
  memoryStep: Step
  liveStep: Step
}

/** One step on its own, as `runSteps` would make it. */
export async function single(id: string, run: (findings: Findings) => Promise<void>): Promise<Step> {
  const findings = new Findings()
  let skipped = false
  try {
    await run(findings)
  } catch (fault) {
    if (fault instanceof Skipped) {
      skipped = true
      findings.notes.push(fault.note)
    } else if (fault instanceof Refused) {
      skipped = true
      findings.note(fault.status ? 'platform-refused' : 'platform-offline', { code: fault.code })
    } else findings.take(place('', fault))
  }
  return stepOf(id, findings, skipped)
}

/** What this browser and this platform know of the log before anything is judged by it. */
export async function rememberedLog(platform: Platform, memory: Memory): Promise<{ live: LiveLog | null; step: Step }> {
  let live: LiveLog | null = null
  const step = await single('memory', async (findings) => {
    live = await liveLog(platform, memory, findings)
  })
  return { live, step }
}

export async function checkArchiveFile(file: Blob, memory: Memory, platform: Platform, reporter: Reporter): Promise<CheckedArchive> {
  const { live, step: memoryStep } = await rememberedLog(platform, memory)
  reporter.step(memoryStep)
  const outside = live ? { logKey: live.vkey, logKeyFrom: live.from } : {}
  const { report, bench } = await verifyArchive(blobSource(file), outside, reporter.step, reporter.bytes, reporter.starting)
  const liveStep = await single('live', async (findings) => {
    if (!live) throw new Skipped({ key: 'no-live-log' })
    if (!report.checkpoint || !report.logKey) throw new Skipped({ key: 'ground-gone', params: { step: report.steps.find((one) => one.outcome === 'wrong')?.id ?? 'checkpoint' } })
    const own = parseVerifier(report.logKey)
    if (own.name !== live.verifier.name) throw new Skipped({ key: 'other-origin', params: { origin: own.name } })
    const earlier = await openCheckpoint(report.checkpoint, [live.verifier])
    await requirePrefix(platform, earlier, live.checkpoint).catch((fault: unknown) => {
      throw fault instanceof Refused && fault.status ? new Invalid('not-an-extension', fault.code) : fault
    })
    findings.note('live-extends', { before: earlier.size, now: live.checkpoint.size })
  })
  reporter.step(liveStep)
  return { report, bench, live, memoryStep, liveStep }
}

export async function checkArchive(file: Blob, memory: Memory, platform: Platform, reporter: Reporter): Promise<Result> {
  reporter.kind('archive', ['memory', ...ARCHIVE_STEPS, 'live'])
  const { report, live, memoryStep, liveStep } = await checkArchiveFile(file, memory, platform, reporter)
  const steps = [memoryStep, ...report.steps, liveStep]
  const essential = report.facts && !report.facts.ending ? ESSENTIAL : FAILED_OPENING
  return {
    ...blank('archive', live?.memory ?? memory),
    verdict: verdictOf(steps, essential),
    steps,
    trusted: report.trusted,
    opening: report.facts,
    right: report.right,
  }
}
