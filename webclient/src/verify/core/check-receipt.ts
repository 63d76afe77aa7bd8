/** A receipt: who signed it, and that the log holds the bid it speaks of. */
import { concat, same } from '@/crypto/bytes'
import { hex, sha256hex, unb64, unbase64, unhex } from '@/crypto/canonical'
import { Invalid } from '@/crypto/errors'
import { type DisclosedEvent, leafOf } from '@/crypto/log-leaf'
import { verifyInclusion } from '@/crypto/merkle'
import { parseReceipt, type Receipt, type ReceiptProof, verifyReceipt, verifyReceiptProof, WITHDRAWN } from '@/crypto/receipt'
import { single, rememberedLog } from './check-archive'
import { blank, type ReceiptFacts, type Reporter, type Result, verdictOf } from './checks'
import type { LiveLog, Memory } from './memory'
import { requirePrefix } from './memory'
import { Refused, type Platform } from './platform'
import { type Findings, Skipped, type Step } from './report'
import { readToken, requireStampPath } from './stamp'
import { parseAuthority } from './trust'

const STEPS = ['receipt-read', 'receipt-signature', 'memory', 'receipt-proof', 'receipt-stamp', 'receipt-closed'] as const

interface Bench {
  receipt: Receipt | null
  facts: ReceiptFacts | null
  proof: ReceiptProof | null
  live: LiveLog | null
  platform: Platform
}

export async function checkReceipt(data: Uint8Array, memory: Memory, platform: Platform, reporter: Reporter): Promise<Result> {
  reporter.kind('receipt', STEPS)
  const bench: Bench = { receipt: null, facts: null, proof: null, live: null, platform }
  const steps: Step[] = []
  const take = async (id: string, needs: boolean, run: (findings: Findings) => Promise<void>): Promise<void> => {
    reporter.starting(id)
    const step = await single(id, needs ? run : () => Promise.reject(new Skipped({ key: 'ground-gone', params: { step: steps.find((one) => one.outcome === 'wrong')?.id ?? 'receipt-read' } })))
    steps.push(step)
    reporter.step(step)
  }
  const good = (id: string): boolean => steps.find((step) => step.id === id)?.outcome === 'ok'
  await take('receipt-read', true, (findings) => readIt(bench, data, findings))
  await take('receipt-signature', good('receipt-read'), (findings) => signature(bench, findings))
  const remembered = await rememberedLog(platform, memory)
  bench.live = remembered.live
  steps.push(remembered.step)
  reporter.step(remembered.step)
  await take('receipt-proof', good('receipt-signature'), (findings) => proof(bench, findings))
  await take('receipt-stamp', good('receipt-proof'), (findings) => stamp(bench, findings))
  await take('receipt-closed', good('receipt-signature'), (findings) => closed(bench, findings))
  return {
    ...blank('receipt', bench.live?.memory ?? memory),
    verdict: verdictOf(steps, ['receipt-signature', 'receipt-proof']),
    steps,
    trusted: [{ key: 'receipt-keys-platform' }, ...(bench.live ? [{ key: bench.live.from === 'remembered' ? 'log-key-remembered' : 'log-key-platform', params: { key: bench.live.verifier.keyId, name: bench.live.verifier.name } }] : [])],
    receipt: bench.facts,
  }
}

async function readIt(bench: Bench, data: Uint8Array, findings: Findings): Promise<void> {
  const receipt = (bench.receipt = parseReceipt(data))
  const withdrawn = receipt.label === WITHDRAWN
  const { submission, bid, lot, tender } = receipt
  bench.facts = {
    submission, bid, lot, tender, withdrawn,
    at: (withdrawn ? receipt.withdrawnAt : receipt.receivedAt) ?? '', loggedAt: '', stampedAt: '', index: null, title: '',
  }
  findings.note(withdrawn ? 'receipt-withdrawn' : 'receipt-is', { at: bench.facts.at })
  const shown = await bench.platform.json<{ tenderTitle: string; title: string }>(`/lots/${encodeURIComponent(lot)}`).catch(() => null)
  if (shown) bench.facts.title = shown.title === shown.tenderTitle ? shown.title : `${shown.tenderTitle} · ${shown.title}`
}

async function signature(bench: Bench, findings: Findings): Promise<void> {
  const { keys } = await bench.platform.json<{ keys: Record<string, string> }>('/receipts/key')
  await verifyReceipt(bench.receipt!, keys)
  findings.note('receipt-signed', { key: bench.receipt!.keyId })
}

/** The submission is in a sealed batch, the batch in the log, and that log the one shown today. */
async function proof(bench: Bench, findings: Findings): Promise<void> {
  const { receipt, platform, live, facts } = bench
  if (!live) throw new Skipped({ key: 'no-live-log' })
  try {
    bench.proof = await platform.json<ReceiptProof>(`/receipts/${receipt!.submission}/proof`)
  } catch (fault) {
    // A receipt that is signed and yet unknown to the platform speaks against the platform.
    if (fault instanceof Refused && (fault.code === 'unknown-submission' || fault.code === 'not-found')) throw new Invalid('receipt-unknown', receipt!.submission)
    if (fault instanceof Refused && fault.code === 'proof-not-ready') throw new Skipped({ key: 'proof-pending' })
    throw fault
  }
  const proven = await verifyReceiptProof(receipt!.submission, bench.proof, [live.verifier])
  if (bench.proof.item.lot !== receipt!.lot) throw new Invalid('bad-batch', 'sealed for another lot')
  await requirePrefix(platform, proven.checkpoint, live.checkpoint)
  facts!.loggedAt = proven.at
  facts!.index = proven.index
  findings.note('receipt-logged', { batch: proven.batch, index: proven.index, at: proven.at })
}

async function stamp(bench: Bench, findings: Findings): Promise<void> {
  const { token, root } = bench.proof!
  if (!token) throw new Skipped({ key: 'token-pending' })
  const read = await readToken(unb64(token))
  if (hex(read.digest) !== root) throw new Invalid('time-stamp-mismatch', 'the token covers something else')
  const { authorities } = await bench.platform.json<{ authorities: Parameters<typeof parseAuthority>[0][] }>('/trust')
  const trusted = authorities.map(parseAuthority)
  await requireStampPath(read, trusted.flatMap((one) => one.anchors), trusted.flatMap((one) => one.intermediates))
  bench.facts!.stampedAt = read.at.toISOString()
  findings.note('receipt-stamped', { at: bench.facts!.stampedAt })
}

interface Batches {
  next: number | null
  batches: { batch: number; items: { type: string; hash: string }[] }[]
}

/** After the deadline: Closed, as the log holds it, lists the bid, or its own key ended it. */
async function closed(bench: Bench, findings: Findings): Promise<void> {
  const { receipt, platform, live } = bench
  if (!live) throw new Skipped({ key: 'no-live-log' })
  const path = `/halls/${encodeURIComponent(receipt!.lot)}/closed`
  let event: DisclosedEvent
  try {
    event = await platform.json<DisclosedEvent>(path)
  } catch (fault) {
    if (fault instanceof Refused && fault.status) throw new Skipped({ key: 'not-closed' })
    throw fault
  }
  const inclusion = await platform.json<{ proof: string[]; leaf: string }>(`/log/proof/inclusion?index=${event.index}&size=${live.checkpoint.size}`)
  const leaf = leafOf(event)
  if (!same(leaf, unbase64(inclusion.leaf, 'bad-leaf'))) throw new Invalid('body-differs', 'Closed is not what its leaf commits to')
  verifyInclusion(leaf, event.index, live.checkpoint.size, inclusion.proof.map((step) => unbase64(step, 'not-included')), live.checkpoint.root)
  if (event.type !== 'Closed' || event.stream !== `hall:${receipt!.lot}`) throw new Invalid('body-differs', 'this is no Closed of the lot')
  const bids = event.body!.bids as unknown as Record<string, { submission: string; receivedAt: string }>
  const listed = Object.values(bids).find((one) => one.submission === receipt!.submission)
  if (listed && receipt!.label !== WITHDRAWN) {
    if (listed.receivedAt !== receipt!.receivedAt) throw new Invalid('receipt-differs', `${listed.receivedAt} / ${receipt!.receivedAt ?? ''}`)
    findings.note('receipt-counted', { index: event.index })
    return
  }
  if (listed) throw new Invalid('withdrawn-bid-closed', receipt!.bid)
  if (!(await ended(bench))) throw new Invalid('submission-dropped', receipt!.submission)
  findings.note('receipt-ended')
}

/** Whether the opened batches hold a withdrawal of the submission, or its replacement by one of the others in them. */
async function ended({ receipt, platform }: Bench): Promise<boolean> {
  const old = unhex(receipt!.submission)
  const submissions: string[] = []
  const endings = new Set<string>()
  for (let since: number | null = 0; since !== null; ) {
    const page: Batches = await platform.json<Batches>(`/lots/${encodeURIComponent(receipt!.lot)}/batches?since=${since}`)
    for (const { type, hash } of page.batches.flatMap((batch) => batch.items)) {
      if (type === 'submission') submissions.push(hash)
      else endings.add(`${type} ${hash}`)
    }
    since = page.next
  }
  const replaced = submissions.some((next) => endings.has(`replacement ${sha256hex(concat(old, unhex(next)))}`))
  return replaced || endings.has(`withdrawal ${receipt!.submission}`)
}
