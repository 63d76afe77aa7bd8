/** Steps on the signed record: the minutes in it, what was appended, who signed and sealed. */
import { same } from '@/crypto/bytes'
import { type Json, parseCanonical, sha256hex, unhex } from '@/crypto/canonical'
import { verifyDetached } from '@/crypto/cms'
import { Invalid } from '@/crypto/errors'
import { requireAdditions } from '../pdf/additions'
import { readSignatures, requireCoverage, verifySignature } from '../pdf/signatures'
import { walk } from '../pdf/walk'
import { Failed, type Findings, place, type Wrong } from '../report'
import { requireStampPath } from '../stamp'
import type { Body, Case, LogEvent } from './case'
import * as names from './names'
import { speaksFor } from './people'

/** One rendered record; a lot with several parts has one for each. */
export interface Session {
  number: number
  part: string
  rendered: { sha256: string; size: number; minutesSha256: string }
  after: (LogEvent & { body: Body })[]
}

export function sessionsOf(bench: Case): Session[] {
  const told = bench.hall.flatMap((event) => (event.body ? [{ ...event, body: event.body }] : []))
  const starts = told.flatMap((event, n) => (event.type === 'RecordRendered' ? [n] : []))
  if (!starts.length) throw new Failed(names.HALL_EVENTS, 'record-missing', 'no record was rendered')
  return starts.map((at, n) => ({
    number: n + 1,
    part: String(told.slice(0, at).findLast((event) => event.type === 'DecryptionStarted')?.body.part ?? 'main'),
    rendered: told[at]!.body as unknown as Session['rendered'],
    after: told.slice(at + 1, starts[n + 1] ?? told.length),
  }))
}

export const closedWith = (session: Session): string => String(session.after.find((event) => event.type === 'HallClosed')?.body.sha256 ?? '')

/** The minutes are those that were rendered, stand in the PDF as they are, and tell what the events tell. */
export async function checkMinutes(bench: Case, findings: Findings): Promise<void> {
  const sessions = sessionsOf(bench)
  for (const session of sessions) {
    const path = names.recordPath(session.number, 'minutes.json')
    const pdfPath = names.recordPath(session.number, 'record.pdf')
    const told = await bench.opened.read(path)
    if (sha256hex(told) !== session.rendered.minutesSha256) findings.add(path, 'minutes-differ', 'rendered from other minutes')
    const pdf = await bench.opened.read(pdfPath)
    const base = pdf.subarray(0, session.rendered.size)
    if (sha256hex(base) !== session.rendered.sha256) findings.add(pdfPath, 'printed-record-differs', 'it does not begin with the record that was rendered')
    else if (occurrences(base, told) !== 1) findings.add(pdfPath, 'minutes-differ', 'the minutes are not in the PDF as they are')
    if (sha256hex(pdf) !== closedWith(session)) findings.add(pdfPath, 'printed-record-differs', 'not the record that closed the hall')
    for (const wrong of compareMinutes(bench, session, parseCanonical(told, told.length))) findings.take({ ...wrong, path: `${path} ${wrong.path}`.trim() })
  }
  findings.note('records', { n: sessions.length })
}

export interface Minutes {
  label: string
  lot: string
  part: string
  title: string
  demonstration?: boolean
  columns: [string, string, string][]
  rows: [string, string[]][]
}

const labelled = (one: [string, string, string] | undefined) => (one ? { label: { zh: one[1], en: one[2] } } : {})

/** What the minutes print and the events prove: bidders, codes and prices, row by row. */
export function compareMinutes(bench: Case, session: Session, value: Json): Wrong[] {
  const minutes = value as unknown as Minutes
  const wrong: Wrong[] = []
  const column = (key: string): number => minutes.columns.findIndex(([name]) => name === key)
  const identities = bench.identities()
  const openings = new Map(bench.opened_().filter((one) => one.part === session.part).map((one) => [one.bid, one.opening]))
  if (minutes.lot !== bench.opened.manifest.lot) wrong.push({ path: '', reason: 'minutes-differ', says: minutes.lot, proven: bench.opened.manifest.lot })
  for (const [bid, cells] of minutes.rows) {
    const found = identities.get(bid)
    // Of a bid whose identity did not hold the record prints what could be read, and the log proves nothing.
    const identity = found?.ok ? found : undefined
    const opening = openings.get(bid)
    const proven: Record<string, string | undefined> = {
      bidder: identity?.name, creditCode: identity?.creditCode, price: opening?.ok ? opening.form?.price : undefined,
    }
    for (const [key, expected] of Object.entries(proven)) {
      const says = cells[column(key)]?.split('\n')[0] ?? ''
      if (expected !== undefined && !says.startsWith(expected)) wrong.push({ path: identity?.name ?? bid, reason: 'minutes-value', ...labelled(minutes.columns[column(key)]), says, proven: expected })
    }
  }
  return wrong
}

/** How often `needle` stands in `hay`. */
export function occurrences(hay: Uint8Array, needle: Uint8Array): number {
  let found = 0
  for (let at = hay.indexOf(needle[0]!); at >= 0; at = hay.indexOf(needle[0]!, at + 1)) {
    if (hay[at + needle.length - 1] === needle.at(-1) && same(hay.subarray(at, at + needle.length), needle)) found += 1
  }
  return found
}

/** Bidders' signatures over the rendered record, and the seals with their time stamps. */
export async function checkRecordSignatures(bench: Case, findings: Findings): Promise<void> {
  let [bidders, seals] = [0, 0]
  for (const session of sessionsOf(bench)) {
    bidders += await checkBidders(bench, session, findings)
    seals += await checkSeals(bench, session, findings)
  }
  findings.note('record-signatures', { bidders, seals })
}

async function checkBidders(bench: Case, session: Session, findings: Findings): Promise<number> {
  const trust = await bench.trust()
  const signed = session.after.filter((event) => event.type === 'RecordSigned')
  const expected = new Map(signed.map((event) => [names.recordPath(session.number, `signatures/${String(event.body.creditCode)}.p7s`), event]))
  for (const path of bench.opened.names(names.recordPath(session.number, 'signatures/'))) if (!expected.has(path)) findings.add(path, 'signature-not-logged')
  for (const [path, event] of expected) {
    try {
      const cms = await bench.opened.read(path)
      if (sha256hex(cms) !== event.body.signature) throw new Invalid('signature-differs', 'not the signature that was logged')
      await trust.require(await verifyDetached(cms, { digest: unhex(session.rendered.sha256) }), event.at, String(event.body.creditCode))
    } catch (fault) {
      findings.take(place(path, fault))
    }
  }
  return expected.size
}

async function checkSeals(bench: Case, session: Session, findings: Findings): Promise<number> {
  const sealed = session.after.filter((event) => event.type === 'RecordSealed')
  const path = names.recordPath(session.number, 'record.pdf')
  const pdf = await bench.opened.read(path)
  try {
    const walked = walk(pdf)
    requireAdditions(walked, session.rendered.size)
    const found = await readSignatures(pdf, walked)
    requireCoverage(found, pdf.length)
    if (found.length !== sealed.length) findings.add(path, 'seals-differ', `${found.length} / ${sealed.length}`)
    for (const [n, signature] of found.entries()) {
      const event = sealed[n]
      if (event) await checkSeal(bench, pdf, event, signature, path, findings)
    }
    return found.length
  } catch (fault) {
    findings.take({ ...place(path, fault), path })
    return 0
  }
}

async function checkSeal(
  bench: Case, pdf: Uint8Array, event: LogEvent & { body: Body },
  signature: Awaited<ReturnType<typeof readSignatures>>[number], path: string, findings: Findings,
): Promise<void> {
  const seat = String(event.body.by)
  try {
    const trust = await bench.trust()
    if (sha256hex(pdf.subarray(0, signature.revisionEnd)) !== event.body.sha256) throw new Invalid('seals-differ', `${seat} sealed another document`)
    const verified = await verifySignature(signature)
    if (!verified.stamp) throw new Invalid('seal-without-time-stamp', 'no time-stamp token in it')
    await requireStampPath(verified.stamp, trust.anchors, trust.authorities.flatMap((one) => one.intermediates))
    await trust.require(verified.by, verified.stamp.at, speaksFor(bench, seat))
  } catch (fault) {
    const wrong = place(path, fault)
    findings.take({ ...wrong, path, detail: `${seat} ${wrong.detail ?? ''}`.trim() })
  }
}
