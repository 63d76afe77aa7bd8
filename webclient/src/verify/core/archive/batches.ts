/** Steps on what was hidden before the deadline: sealed batches, time stamps, receipts. */
import { type Item, lotRoot, rootOfLot } from '@/crypto/batch-tree'
import { hex, type Json, sha256hex, unb64, unhex } from '@/crypto/canonical'
import { concat, same } from '@/crypto/bytes'
import { Invalid } from '@/crypto/errors'
import { parseManifest, submissionHash } from '@/crypto/manifest'
import { parseReceipt, verifyReceipt } from '@/crypto/receipt'
import { REPLACE, type Statement, verifyStatement, WITHDRAW } from '@/crypto/statements'
import { type Findings, place, Skipped } from '../report'
import { readToken, requireStampPath } from '../stamp'
import type { Case, LogEvent } from './case'
import * as names from './names'

interface BatchLine {
  batch: number
  depth: number
  lots: number
  lotPosition: number
  lotPath: string[]
  seed: string
  token: string | null
  items: { position: number; type: string; hash: string }[]
}
interface OpenedBatch {
  number: number
  root: Uint8Array
  items: Item[]
  at: Date
  token: Uint8Array | null
}

/** Every batch gives its logged root, padding included; together they hold what Closed lists. */
export async function checkBatches(bench: Case, findings: Findings): Promise<void> {
  const logged = new Map((bench.events.get('batches') ?? []).map((event) => [event.version, event]))
  const found = new Map<string, OpenedBatch>()
  const seen = new Set<number>()
  const items: Item[] = []
  for (const { line, value } of await bench.opened.lines(names.BATCH_OPENINGS)) {
    try {
      const opened = recompute(bench.opened.manifest.lot, value as unknown as BatchLine, logged)
      seen.add(opened.number)
      items.push(...opened.items)
      for (const item of opened.items) if (item.type === 'submission' && !found.has(item.hash)) found.set(item.hash, opened)
    } catch (fault) {
      const wrong = place(names.BATCH_OPENINGS, fault)
      findings.take({ ...wrong, detail: `line ${line} ${wrong.detail ?? ''}`.trim() })
    }
  }
  checkRange(bench, logged, seen, findings)
  const closing = bench.of('Closed')[0]
  for (const [bid, facts] of bench.closed()) {
    const batch = found.get(facts.submission)
    if (!batch) findings.add(names.BATCH_OPENINGS, 'submission-not-in-batch', `${bid} ${facts.submission}`)
    else if (closing && batch.at > closing.at) findings.add(names.BATCH_OPENINGS, 'batch-after-closed', bid)
    else bench.batches.set(facts.submission, { root: batch.root, token: batch.token })
  }
  await checkEnded(bench, found, items, findings)
  findings.note('batches', { n: seen.size, items: items.length })
}

/** One batch, all places of its tree computed again from the published seed. */
export function recompute(lot: string, value: BatchLine, logged: ReadonlyMap<number, LogEvent>): OpenedBatch {
  const event = logged.get(value.batch)
  if (!event?.body) throw new Invalid('batch-not-logged', String(value.batch))
  const items = new Map(value.items.map((one) => [one.position, { type: one.type, hash: one.hash }]))
  const subtree = lotRoot(unb64(value.seed), items, Number(event.body.depth))
  const root = rootOfLot(lot, subtree, { lotPosition: value.lotPosition, lots: value.lots, lotPath: value.lotPath.map(unb64) })
  if (hex(root) !== event.body.root || value.lots !== event.body.lots) throw new Invalid('batch-differs', String(event.version))
  return { number: event.version, root, items: [...items.values()], at: event.at, token: value.token === null ? null : unb64(value.token) }
}

/**
 * All batches of the lot's time are opened: the one before was logged before the hall was scheduled, the one behind
 * after Closed. Whatever was sealed in a batch left out would be missed by nobody else.
 */
function checkRange(bench: Case, logged: ReadonlyMap<number, LogEvent>, seen: ReadonlySet<number>, findings: Findings): void {
  const [first, last] = seen.size ? [Math.min(...seen), Math.max(...seen)] : [0, 0]
  const scheduled = bench.hall[0]!.index
  const closed = bench.of('Closed')[0]?.index
  for (const [version, event] of logged) {
    if (seen.has(version)) continue
    const before = version === first - 1 && event.index < scheduled
    const behind = version === last + 1 && closed !== undefined && event.index > closed
    if (!seen.size || !(before || behind)) findings.add(names.BATCH_OPENINGS, 'batch-not-opened', '', { leaf: event.index })
  }
  if (first > 1 && !logged.has(first - 1)) findings.add(names.BATCH_EVENTS, 'batches-incomplete', String(first))
  if (closed !== undefined && seen.size && !logged.has(last + 1)) findings.note('no-batch-after')
}

/** A submission that is missing from Closed was ended by its own receipt key, or it was dropped. */
async function checkEnded(bench: Case, submitted: ReadonlyMap<string, OpenedBatch>, items: readonly Item[], findings: Findings): Promise<void> {
  const live = new Map(bench.closed().map(([bid, facts]) => [facts.submission, bid]))
  const endings = new Set(items.map((item) => `${item.type} ${item.hash}`))
  let ended = 0
  for (const submission of submitted.keys()) {
    if (live.has(submission)) {
      if (endings.has(`withdrawal ${submission}`)) findings.add(names.BATCH_OPENINGS, 'withdrawn-bid-closed', live.get(submission))
      continue
    }
    const path = names.endedPath(submission, 'statement.json')
    if (!bench.opened.has(path)) {
      findings.add(names.BATCH_OPENINGS, 'submission-dropped', submission)
      continue
    }
    try {
      await checkEnding(bench, submission, path, submitted, endings)
      ended += 1
    } catch (fault) {
      findings.take(place(path, fault))
    }
  }
  if (ended) findings.note('ended', { n: ended })
}

async function checkEnding(
  bench: Case, submission: string, path: string, submitted: ReadonlyMap<string, OpenedBatch>, endings: ReadonlySet<string>,
): Promise<void> {
  const told = (await bench.opened.json(path)) as { boxHash: string; statement: Statement; signature: string }
  const manifest = parseManifest(await bench.opened.read(names.endedPath(submission, 'manifest.json')))
  const roots = Object.fromEntries([...manifest.parts.values()].map((part) => [part.name, part.root]))
  if (submissionHash(manifest.hash(), told.boxHash, roots) !== submission) throw new Invalid('submission-differs')
  const { statement } = told
  const { tender, lot } = bench.opened.manifest
  if (statement.tender !== tender || statement.lot !== lot) throw new Invalid('bad-statement', 'said about another lot')
  await verifyStatement(manifest.receiptKey, statement, told.signature)
  const ending = endingOf(statement, submission, submitted)
  if (!endings.has(ending)) throw new Invalid('ending-not-in-batch', ending)
}

function endingOf(statement: Statement, submission: string, submitted: ReadonlyMap<string, OpenedBatch>): string {
  if (statement.label === WITHDRAW && statement.submission === submission) return `withdrawal ${submission}`
  const next = String(statement.new)
  if (statement.label === REPLACE && statement.old === submission && submitted.has(next)) {
    return `replacement ${sha256hex(concat(unhex(submission), unhex(next)))}`
  }
  throw new Invalid('bad-statement', 'it does not end this submission')
}

/** The time-stamp tokens over the batches verify up to a trusted authority. */
export async function checkTimeStamps(bench: Case, findings: Findings): Promise<void> {
  const trust = await bench.trust()
  const intermediates = trust.authorities.flatMap((one) => one.intermediates)
  const checked = new Map<string, Date>()
  let missing = 0
  for (const [submission, { root, token }] of bench.batches) {
    if (!token) {
      missing += 1
      continue
    }
    try {
      const name = sha256hex(token)
      if (!checked.has(name)) {
        const stamp = await readToken(token)
        if (!same(stamp.digest, root)) throw new Invalid('time-stamp-mismatch', 'the token covers something else')
        await requireStampPath(stamp, trust.anchors, intermediates)
        checked.set(name, stamp.at)
      }
      bench.stamped.set(submission, checked.get(name)!)
    } catch (fault) {
      findings.take(place(names.BATCH_OPENINGS, fault))
    }
  }
  findings.note('tokens', { n: checked.size, submissions: bench.stamped.size })
  if (missing) findings.note('tokens-missing', { n: missing })
}

/** The platform's receipts, where present, are signed and say what Closed says. */
export async function checkReceipts(bench: Case, findings: Findings): Promise<void> {
  const present = bench.closed().filter(([bid]) => bench.opened.has(names.bidPath(bid, 'receipt.json')))
  if (!present.length) throw new Skipped({ key: 'no-receipts' })
  const keys = (await bench.opened.json(names.RECEIPT_KEYS)) as Readonly<Record<string, string>>
  for (const [bid, facts] of present) {
    const path = names.bidPath(bid, 'receipt.json')
    try {
      const receipt = parseReceipt(await bench.opened.read(path))
      await verifyReceipt(receipt, keys)
      const told: Json[] = [receipt.bid, receipt.submission, receipt.receivedAt ?? '']
      if (told.join() !== [bid, facts.submission, facts.receivedAt].join()) throw new Invalid('receipt-differs', 'it says something else than Closed')
    } catch (fault) {
      findings.take(place(path, fault))
    }
  }
  findings.note('receipts', { n: present.length })
}
