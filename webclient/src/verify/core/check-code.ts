/** What a printed record's QR code leads to: what the platform says of it, held against the log. */
import { sessionsOf, closedWith } from './archive/record'
import { Invalid } from '@/crypto/errors'
import { type CheckedArchive, checkArchiveFile, rememberedLog, single } from './check-archive'
import { blank, type CodeFacts, type Reporter, type Result, verdictOf } from './checks'
import type { Memory } from './memory'
import { Refused, type Platform } from './platform'
import { type Findings, Skipped, type Step } from './report'

const STEPS = ['code-known', 'memory', 'record-fetch', 'record-archive', 'code-digests', 'live'] as const

export async function checkCode(code: string, memory: Memory, platform: Platform, reporter: Reporter): Promise<Result> {
  reporter.kind('record', STEPS)
  const steps: Step[] = []
  let facts: CodeFacts | null = null
  let archive: CheckedArchive | null = null
  const good = (id: string): boolean => steps.find((step) => step.id === id)?.outcome === 'ok'
  const take = async (id: string, ground: string, run: (findings: Findings) => Promise<void>): Promise<void> => {
    reporter.starting(id)
    const lost = { key: 'ground-gone', params: { step: ground } }
    const step = await single(id, !ground || good(ground) ? run : () => Promise.reject(new Skipped(lost)))
    steps.push(step)
    reporter.step(step)
  }
  await take('code-known', '', async (findings) => {
    facts = await known(code, platform)
    findings.note('code-is', { at: facts.renderedAt, digest: facts.minutesSha256.slice(0, 16) })
  })
  let blob: Blob | null = null
  await take('record-fetch', 'code-known', async (findings) => {
    if (!facts!.archive) throw new Skipped({ key: 'hall-not-closed' })
    blob = await platform.blob(`/lots/${encodeURIComponent(facts!.lot)}/archive`, reporter.bytes)
    findings.note('fetched', { bytes: blob.size })
  })
  let live = null
  if (blob) {
    archive = await checkArchiveFile(blob, memory, platform, { ...reporter, kind: () => undefined, starting: () => undefined, step: () => undefined })
    live = archive.live
    steps.push(archive.memoryStep)
    reporter.step(archive.memoryStep)
  } else {
    const remembered = await rememberedLog(platform, memory)
    live = remembered.live
    steps.push(remembered.step)
    reporter.step(remembered.step)
  }
  await take('record-archive', 'record-fetch', (findings) => holds(archive!, findings))
  await take('code-digests', 'record-archive', (findings) => digests(facts!, archive!, findings))
  if (archive) {
    steps.push(archive.liveStep)
    reporter.step(archive.liveStep)
  }
  return {
    ...blank('record', live?.memory ?? memory),
    verdict: verdictOf(steps, ['code-known', 'record-archive', 'code-digests']),
    steps,
    archiveSteps: archive?.report.steps ?? [],
    trusted: archive?.report.trusted ?? [],
    opening: archive?.report.facts ?? null,
    code: facts,
  }
}

async function known(code: string, platform: Platform): Promise<CodeFacts> {
  try {
    return await platform.json<CodeFacts>(`/verify/${encodeURIComponent(code)}`)
  } catch (fault) {
    if (fault instanceof Refused && fault.status === 404) throw new Invalid('code-unknown', code)
    throw fault
  }
}

function holds(archive: CheckedArchive, findings: Findings): Promise<void> {
  const bad = archive.report.steps.find((step) => step.outcome === 'wrong')
  if (bad) throw new Invalid(bad.wrong[0]?.reason ?? 'malformed', bad.wrong[0]?.path ?? bad.id)
  findings.note('record-archive-good', { n: archive.report.steps.filter((step) => step.outcome === 'ok').length })
  return Promise.resolve()
}

/** The digests that the platform says of the record are those in the log. */
function digests(facts: CodeFacts, archive: CheckedArchive, findings: Findings): Promise<void> {
  const session = sessionsOf(archive.bench!).find((one) => one.rendered.minutesSha256 === facts.minutesSha256)
  if (!session) throw new Invalid('minutes-differ', facts.minutesSha256)
  if (session.rendered.sha256 !== facts.renderedSha256 || closedWith(session) !== facts.sealedSha256) throw new Invalid('printed-record-differs', 'the log names other digests')
  findings.note('code-digests-good')
  return Promise.resolve()
}
