/** An opening record (开标记录): its own signatures, and held against what the log proves of that opening. */
import { digest } from '@/crypto/bytes'
import { hex, type Json, parseCanonical, sha256hex } from '@/crypto/canonical'
import { verifyDetached } from '@/crypto/cms'
import { Invalid } from '@/crypto/errors'
import type { Body, Case, LogEvent } from './archive/case'
import { closedWith, compareMinutes, type Minutes, type Session, sessionsOf } from './archive/record'
import { recordPath } from './archive/names'
import { speaksFor } from './archive/people'
import { type CheckedArchive, checkArchiveFile, single } from './check-archive'
import { blank, type RecordFacts, type Reporter, type Result, verdictOf } from './checks'
import type { Memory } from './memory'
import { requireAdditions } from './pdf/additions'
import { attachments, type Embedded } from './pdf/embedded'
import { readSignatures, requireCoverage, type VerifiedSignature, verifySignature } from './pdf/signatures'
import { walk, type Walked } from './pdf/walk'
import type { Platform } from './platform'
import { Failed, type Findings, place, Skipped, type Step, type Wrong } from './report'
import { requireStampPath } from './stamp'
import { readCertificate, commonName, attributes } from './x509'

const STEPS = [
  'record-read', 'record-intact', 'memory', 'record-fetch', 'record-archive', 'record-digest', 'record-minutes', 'record-additions',
  'record-seals', 'record-bidders', 'live',
] as const
const ESSENTIAL = ['record-read', 'record-intact', 'record-archive', 'record-digest', 'record-minutes', 'record-additions', 'record-seals']

interface Bench {
  pdf: Uint8Array
  walked: Walked | null
  files: Embedded[]
  minutes: Minutes | null
  minutesBytes: Uint8Array
  signatures: VerifiedSignature[]
  facts: RecordFacts | null
  archive: CheckedArchive | null
  session: Session | null
  platform: Platform
}
const named = (bench: Bench): Case => bench.archive!.bench!

/** The record whose minutes these are; null where the PDF holds none (it may be a receipt). */
export async function minutesIn(pdf: Uint8Array, walked: Walked): Promise<{ files: Embedded[]; minutes: Embedded | null }> {
  const files = await attachments(pdf, walked)
  return { files, minutes: files.find((file) => file.name === 'minutes.json') ?? null }
}

export async function checkRecord(pdf: Uint8Array, memory: Memory, platform: Platform, reporter: Reporter): Promise<Result> {
  reporter.kind('record', STEPS)
  const bench: Bench = {
    pdf, walked: null, files: [], minutes: null, minutesBytes: new Uint8Array(), signatures: [], facts: null, archive: null, session: null, platform,
  }
  const steps: Step[] = []
  const good = (id: string): boolean => steps.find((step) => step.id === id)?.outcome === 'ok'
  const take = async (id: string, ground: string, run: (findings: Findings) => Promise<void>): Promise<void> => {
    reporter.starting(id)
    const lost = { key: 'ground-gone', params: { step: ground } }
    const step = await single(id, !ground || good(ground) ? run : () => Promise.reject(new Skipped(lost)))
    steps.push(step)
    reporter.step(step)
  }
  await take('record-read', '', (findings) => readIt(bench, findings))
  await take('record-intact', 'record-read', (findings) => intact(bench, findings))
  let blob: Blob | null = null
  await take('record-fetch', 'record-read', async (findings) => {
    blob = await platform.blob(`/lots/${encodeURIComponent(bench.minutes!.lot)}/archive`, reporter.bytes)
    findings.note('fetched', { bytes: blob.size })
  })
  if (blob) {
    const quiet: Reporter = { ...reporter, kind: () => undefined, starting: () => undefined, step: () => undefined }
    bench.archive = await checkArchiveFile(blob, memory, platform, quiet)
    for (const step of [bench.archive.memoryStep, bench.archive.liveStep]) reporter.step(step)
    steps.push(bench.archive.memoryStep)
  }
  await take('record-archive', 'record-fetch', (findings) => archiveHolds(bench, findings))
  await take('record-digest', 'record-archive', (findings) => isTheRecord(bench, findings))
  await take('record-minutes', 'record-archive', (findings) => minutesHold(bench, findings))
  await take('record-additions', 'record-archive', (findings) => additions(bench, findings))
  await take('record-seals', good('record-archive') ? 'record-intact' : 'record-archive', (findings) => seals(bench, findings))
  await take('record-bidders', 'record-archive', (findings) => bidders(bench, findings))
  if (bench.archive) steps.push(bench.archive.liveStep)
  return {
    ...blank('record', bench.archive?.live?.memory ?? memory),
    verdict: verdictOf(steps, ESSENTIAL),
    steps,
    archiveSteps: bench.archive?.report.steps ?? [],
    trusted: bench.archive?.report.trusted ?? [],
    opening: bench.archive?.report.facts ?? null,
    record: bench.facts,
  }
}

async function readIt(bench: Bench, findings: Findings): Promise<void> {
  bench.walked = walk(bench.pdf)
  const { files, minutes } = await minutesIn(bench.pdf, bench.walked)
  if (!minutes) throw new Failed('', 'record-missing', 'no minutes in it')
  bench.files = files
  bench.minutesBytes = minutes.data
  const value = parseCanonical(minutes.data, minutes.data.length) as unknown as Minutes
  if (value.label !== 'kaibiao/minutes/v1') throw new Failed('', 'record-missing', 'another label')
  bench.minutes = value
  const { lot, part, title, demonstration } = value
  bench.facts = {
    sha256: hex(await digest(bench.pdf)), minutesSha256: sha256hex(minutes.data), lot, title, part, demonstration: demonstration === true, signers: [],
  }
  findings.note('record-is', { title, sha256: bench.facts.sha256.slice(0, 16) })
}

/** The seals in the file, by the file alone: each covers a whole revision, none was broken, nothing follows the last. */
async function intact(bench: Bench, findings: Findings): Promise<void> {
  const signatures = await readSignatures(bench.pdf, bench.walked!)
  for (const signature of signatures) {
    try {
      const verified = await verifySignature(signature)
      bench.signatures.push(verified)
      const holder = readCertificate(verified.by.certificate)
      const organisation = attributes(holder.subjectName, '2.5.4.10')[0] ?? ''
      bench.facts!.signers.push({ name: commonName(holder), organisation, at: verified.stamp?.at.toISOString() ?? '', role: 'seal' })
    } catch (fault) {
      findings.take(place('', fault, { offset: signature.hole[0] }))
    }
  }
  requireCoverage(signatures, bench.pdf.length)
  if (!signatures.length) throw new Skipped({ key: 'record-unsealed' })
  if (!findings.wrong.length) findings.note('record-seals-intact', { n: signatures.length })
}

/** The archive that the platform hands out for this lot verifies, so that its log can be held against the file. */
function archiveHolds(bench: Bench, findings: Findings): Promise<void> {
  const { report } = bench.archive!
  const bad = report.steps.find((step) => step.outcome === 'wrong')
  if (bad) throw new Failed(bad.wrong[0]?.path ?? '', bad.wrong[0]?.reason ?? 'malformed', bad.id)
  if (report.lot !== bench.minutes!.lot) throw new Invalid('hall-of-another-lot', report.lot)
  const sessions = sessionsOf(named(bench))
  bench.session = sessions.find((one) => one.part === bench.minutes!.part) ?? sessions.at(-1) ?? null
  findings.note('record-archive-good', { n: report.steps.filter((step) => step.outcome === 'ok').length })
  return Promise.resolve()
}

/** This file, or an earlier state of it, is what the log names. */
async function isTheRecord(bench: Bench, findings: Findings): Promise<void> {
  const session = bench.session!
  const sha256 = bench.facts!.sha256
  const stages: [string, LogEvent & { body: Body }][] = session.after.filter((event) => typeof event.body.sha256 === 'string').map((event) => [String(event.body.sha256), event])
  if (sha256 === closedWith(session)) {
    const event = session.after.find((one) => one.type === 'HallClosed')!
    findings.note('record-final', { index: event.index, at: event.at.toISOString() })
    return
  }
  const earlier = stages.find(([known]) => known === sha256)
  if (earlier || sha256 === session.rendered.sha256) {
    findings.note('record-earlier')
    return
  }
  const genuine = await named(bench).opened.read(recordPath(session.number, 'record.pdf'))
  const offset = firstDifference(bench.pdf, genuine)
  throw new Failed('', `record-differs-${placeOf(bench, offset)}`, '', { offset })
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at += 1) if (a[at] !== b[at]) return at
  return length
}

/** Which part of the file an offset lies in: the minutes, the printed pages, or what was appended. */
function placeOf(bench: Bench, offset: number): 'minutes' | 'pages' | 'appended' {
  const part = bench.walked!.parts.find((one) => offset >= one.start && offset < one.end)
  const minutes = part?.stream && sha256hex(bench.pdf.subarray(...part.stream)) === bench.facts!.minutesSha256
  if (minutes) return 'minutes'
  return offset < bench.session!.rendered.size ? 'pages' : 'appended'
}

/** The minutes in the file are the rendered ones; where not, which cell says what, and what the log proves. */
async function minutesHold(bench: Bench, findings: Findings): Promise<void> {
  const session = bench.session!
  if (bench.facts!.minutesSha256 !== session.rendered.minutesSha256) {
    const data = await named(bench).opened.read(recordPath(session.number, 'minutes.json'))
    const genuine = parseCanonical(data, data.length) as unknown as Minutes
    const wrong = differences(bench.minutes!, genuine)
    for (const one of wrong.length ? wrong : [{ path: '', reason: 'minutes-differ' }]) findings.take(one)
    return
  }
  for (const wrong of compareMinutes(named(bench), session, bench.minutes as unknown as Json)) findings.take(wrong)
  findings.note('record-minutes-good', { rows: bench.minutes!.rows.length })
}

const labelled = (column: readonly [string, string, string] | undefined) => (column ? { label: { zh: column[1], en: column[2] } } : {})

/** Cell by cell; what is not a cell is named by its member. */
function differences(file: Minutes, genuine: Minutes): Wrong[] {
  const wrong: Wrong[] = []
  const proven = new Map(genuine.rows)
  for (const [bid, cells] of file.rows) {
    const other = proven.get(bid)
    if (!other) wrong.push({ path: '', reason: 'minutes-row-added', says: cells.slice(0, 2).join(' ') })
    other?.forEach((value, n) => {
      if (cells[n] !== value) wrong.push({ path: other[1] ?? bid, reason: 'minutes-value', ...labelled(genuine.columns[n]), says: cells[n] ?? '', proven: value })
    })
  }
  const kept = new Set(file.rows.map(([bid]) => bid))
  for (const [bid, cells] of genuine.rows) if (!kept.has(bid)) wrong.push({ path: '', reason: 'minutes-row-missing', proven: cells.slice(0, 2).join(' ') })
  for (const key of Object.keys(genuine) as (keyof Minutes)[]) {
    if (key !== 'rows' && JSON.stringify(file[key]) !== JSON.stringify(genuine[key])) {
      wrong.push({ path: '', reason: 'minutes-value', detail: key, says: JSON.stringify(file[key] ?? null).slice(0, 300), proven: JSON.stringify(genuine[key]).slice(0, 300) })
    }
  }
  return wrong
}

function additions(bench: Bench, findings: Findings): Promise<void> {
  requireAdditions(bench.walked!, bench.session!.rendered.size)
  findings.note('additions-good')
  return Promise.resolve()
}

/** Each seal by a certificate of the seat's organisation, good at the time its stamp names, under the trusted authorities. */
async function seals(bench: Bench, findings: Findings): Promise<void> {
  const sealed = bench.session!.after.filter((event) => event.type === 'RecordSealed')
  const trust = await named(bench).trust()
  const intermediates = trust.authorities.flatMap((one) => one.intermediates)
  for (const [n, verified] of bench.signatures.entries()) {
    try {
      const event = sealed[n]
      if (!event) throw new Invalid('seals-differ', 'a seal that the log does not name')
      if (!verified.stamp) throw new Invalid('seal-without-time-stamp')
      await requireStampPath(verified.stamp, trust.anchors, intermediates)
      await trust.require(verified.by, verified.stamp.at, speaksFor(named(bench), String(event.body.by)))
    } catch (fault) {
      findings.take(place(bench.facts!.signers[n]?.name ?? '', fault))
    }
  }
  findings.note('record-sealed', { n: bench.signatures.length, of: sealed.length })
}

/** The bidders' signatures attached to the file, over the record as it was rendered. */
async function bidders(bench: Bench, findings: Findings): Promise<void> {
  const trust = await named(bench).trust()
  const signed = bench.session!.after.filter((event) => event.type === 'RecordSigned')
  const attached = new Map(bench.files.flatMap((file) => {
    const code = /^signature-([0-9A-Z]{18})\.p7s$/.exec(file.name)?.[1]
    return code ? [[code, file.data] as const] : []
  }))
  const bySeat = new Map([...named(bench).identities().values()].map((one) => [one.creditCode ?? '', one.name ?? '']))
  const rendered = await digest(bench.pdf.subarray(0, bench.session!.rendered.size))
  if (!attached.size) throw new Skipped({ key: signed.length ? 'record-not-attached' : 'record-no-bidders' })
  for (const [code, cms] of attached) {
    try {
      const event = signed.find((one) => one.body.creditCode === code)
      if (!event || sha256hex(cms) !== event.body.signature) throw new Invalid('signature-not-logged')
      const judged = await trust.require(await verifyDetached(cms, { digest: rendered }), event.at, code)
      bench.facts!.signers.push({ name: judged.name, organisation: judged.organisation, at: event.at.toISOString(), role: 'bidder' })
    } catch (fault) {
      findings.take(place(bySeat.get(code) || code, fault))
    }
  }
  for (const event of signed) {
    const code = String(event.body.creditCode)
    if (!attached.has(code)) findings.add(bySeat.get(code) || code, 'signature-dropped')
  }
  findings.note('record-bidders', { n: attached.size })
}
