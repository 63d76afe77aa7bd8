/**
 * An officer's checks and shares (开标人员), as `bidding/client/officer_acts.py`: nothing is released to a set of
 * bids that only the platform says was closed, and every envelope is opened privately before anything leaves.
 */
import { get } from '@/api/http'
import { checkLot } from '@/bidder/lot/check'
import { fetchLot, fetchNotices } from '@/bidder/lot/package'
import { b64, parseIso, sha256hex, unb64 } from '@/crypto/canonical'
import { hallPurpose, IDENTITY } from '@/crypto/context'
import { Invalid } from '@/crypto/errors'
import type { Keyset } from '@/crypto/keyset'
import { type Manifest, parseManifest, submissionHash, verifyManifest } from '@/crypto/manifest'
import { openShare } from '@/crypto/opening'
import type { LoadedKey } from '@/officer/keys'
import type { HallView } from '../../wire'
import { proveEvent } from '../chain'
import type { LoggedEvent } from '../receipts'
import { admittedSet } from '../statements'

/** How far this computer's clock may be behind before a Closed looks early. */
const TOLERANCE_MS = 5_000

export type Sealed = ReadonlyMap<string, Manifest>
export type Progress = (what: 'closed' | 'bids' | 'envelopes', done: number, total: number) => void

interface Served {
  bid: string
  manifest: string
  submission: string
  boxHash: string
}

const kept = new Map<string, Sealed>()

/** Every sealed bid: of a Closed that is proven in the log, sealed to the published keyset. Once per page and lot. */
export async function sealedBids(lot: string, told: Progress): Promise<Sealed> {
  const known = kept.get(lot)
  if (known) return known
  told('closed', 0, 1)
  const raw = await fetchLot(lot)
  const checked = await checkLot(raw, await fetchNotices(raw.tender))
  const submissions = await provenClosed(lot, raw.deadline)
  told('closed', 1, 1)
  const found = await served(lot, checked.keyset, submissions.size, told)
  compare(found, submissions)
  const manifests = new Map([...found].map(([bid, { manifest }]) => [bid, manifest]))
  kept.set(lot, manifests)
  return manifests
}

/** The submissions that the logged Closed fixed, by bid. */
export async function provenClosed(lot: string, deadline: string): Promise<Map<string, string>> {
  const event = await get<LoggedEvent>(`/halls/${encodeURIComponent(lot)}/closed`)
  const due = parseIso(deadline).getTime()
  if (parseIso(event.at).getTime() < due || Date.now() + TOLERANCE_MS < due) throw new Invalid('closed-early', event.at)
  if (event.stream !== `hall:${lot}` || event.type !== 'Closed') throw new Invalid('closed-unproven', 'another event')
  await proveEvent(event)
  const bids = event.body['bids'] as Record<string, { submission: string }>
  return new Map(Object.entries(bids).map(([bid, facts]) => [bid, facts.submission]))
}

async function served(lot: string, keyset: Keyset, total: number, told: Progress): Promise<Map<string, { manifest: Manifest; submission: string }>> {
  const found = new Map<string, { manifest: Manifest; submission: string }>()
  let after: string | null = ''
  while (after !== null) {
    const page: { bids: Served[]; next: string | null } = await get(`/halls/${encodeURIComponent(lot)}/bids?after=${encodeURIComponent(after)}`)
    for (const entry of page.bids) {
      found.set(entry.bid, { manifest: manifestOf(entry, keyset), submission: entry.submission })
      told('bids', found.size, total)
    }
    after = page.next
  }
  return found
}

function manifestOf(entry: Served, keyset: Keyset): Manifest {
  const manifest = parseManifest(unb64(entry.manifest))
  verifyManifest(manifest, keyset)
  const roots = Object.fromEntries([...manifest.parts].map(([name, part]) => [name, part.root]))
  const computed = submissionHash(manifest.hash(), entry.boxHash, roots)
  if (manifest.bid !== entry.bid || computed !== entry.submission) throw new Invalid('closed-differs', entry.bid)
  return manifest
}

/** The bids served must be those of Closed, all of them and no other. */
function compare(found: ReadonlyMap<string, { submission: string }>, submissions: ReadonlyMap<string, string>): void {
  const same = found.size === submissions.size && [...found].every(([bid, one]) => submissions.get(bid) === one.submission)
  if (!same) throw new Invalid('closed-differs', `${found.size} / ${submissions.size}`)
}

export interface Shares {
  /** Bid to share, base64url. */
  sound: Record<string, string>
  /** Envelopes that do not hold what was committed to: they accuse their bidder. */
  bad: Record<string, string>
}

/** Open one's own envelope of these bids, privately. */
export async function ownShares(bids: Sealed, purpose: string, key: LoadedKey, told: (done: number) => void): Promise<Shares> {
  const shares: Shares = { sound: {}, bad: {} }
  let done = 0
  for (const [bid, manifest] of bids) {
    const index = manifest.seats.find((one) => one.seat === key.seat)?.index
    if (index === undefined) throw new Invalid('key-file-foreign', key.seat)
    try {
      shares.sound[bid] = b64(await openShare(manifest, purpose, index, key.private))
    } catch (thrown) {
      if (!(thrown instanceof Invalid) || thrown.code !== 'envelope-mismatch') throw thrown
      shares.bad[bid] = thrown.code
    }
    told(++done)
  }
  return shares
}

/** Identity shares of all bids, and what is to be reported before they are released. */
export async function identityShares(
  bids: Sealed,
  parts: readonly string[],
  key: LoadedKey,
  told: Progress,
): Promise<{ shares: Record<string, string>; reports: { bid: string; purpose: string; reason: string }[] }> {
  const purposes = [IDENTITY, ...parts.map(hallPurpose)]
  const total = bids.size * purposes.length
  const reports: { bid: string; purpose: string; reason: string }[] = []
  let shares: Record<string, string> = {}
  for (const [n, purpose] of purposes.entries()) {
    const found = await ownShares(bids, purpose, key, (done) => told('envelopes', n * bids.size + done, total))
    if (purpose === IDENTITY) shares = found.sound
    reports.push(...Object.entries(found.bad).map(([bid, reason]) => ({ bid, purpose, reason })))
  }
  return { shares, reports }
}

/** The admitted set as this officer sees it: every listed bid whose key was released in this part. */
export function admittedBids(view: HallView): string[] {
  const part = view.part ?? ''
  const found = Object.entries(view.bids ?? {}).filter(([, bid]) => bid.number && bid.parts[part]?.releasedAt)
  const submissions = Object.fromEntries(found.map(([id, bid]) => [id, bid.submission]))
  const hash = sha256hex(admittedSet(view.hall?.lot ?? '', part, submissions))
  if (hash !== view.admittedHash) throw new Invalid('admitted-differs', hash)
  return Object.keys(submissions)
}

/**
 * The shares of exactly the admitted set. Where this seat's envelope accuses its bidder (reported in phase 0) there
 * is no share to give: an empty one stands in, so that the release is complete and the other officers' shares decide.
 */
export async function hallShares(view: HallView, bids: Sealed, key: LoadedKey, told: Progress): Promise<Record<string, string>> {
  const wanted = admittedBids(view)
  const chosen = new Map(
    wanted.map((bid) => {
      const manifest = bids.get(bid)
      if (!manifest) throw new Invalid('admitted-differs', bid)
      return [bid, manifest] as const
    }),
  )
  const found = await ownShares(chosen, hallPurpose(view.part ?? ''), key, (done) => told('envelopes', done, chosen.size))
  const empty = b64(new Uint8Array(1))
  return { ...found.sound, ...Object.fromEntries(Object.keys(found.bad).map((bid) => [bid, empty])) }
}
