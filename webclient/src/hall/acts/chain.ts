/**
 * The public log as this browser sees it: its key stays the one first seen, every checkpoint must extend the one seen
 * before, and an event counts only when its leaf is found under a signed checkpoint. All of it computed here.
 */
import { get, raw } from '@/api/http'
import { pinLogKey } from '@/bidder/lot/pins'
import { unbase64 } from '@/crypto/canonical'
import { type Checkpoint, type Cosigned, cosigners, openCheckpoint, parseVerifier, type Verifier } from '@/crypto/checkpoint'
import { Invalid } from '@/crypto/errors'
import { leafOf } from '@/crypto/log-leaf'
import { verifyConsistency, verifyInclusion } from '@/crypto/merkle'
import type { LoggedEvent } from './receipts'

const SEEN = 'kb-log-seen'
/** A checkpoint may be a moment behind the event that it is to cover. */
const TRIES = 6
const PAUSE_MS = 500

export interface Seen {
  note: string
  checkpoint: Checkpoint
}

const text = async (path: string): Promise<string> => (await raw(path, { anonymous: true })).text()
const steps = (proof: readonly string[]): Uint8Array[] => proof.map((step) => unbase64(step, 'bad-proof'))

/** The log's key, the one this browser has always seen; and the witnesses that the platform names. */
export async function logKeys(): Promise<{ log: Verifier; witnesses: Verifier[] }> {
  const [vkey = '', ...others] = (await text('/log/vkey')).trim().split('\n')
  const before = await pinLogKey(vkey)
  if (before) throw new Invalid('log-key-changed', `${before} → ${vkey}`)
  return { log: parseVerifier(vkey), witnesses: others.filter(Boolean).map(parseVerifier) }
}

export async function newestCheckpoint(log: Verifier): Promise<Seen> {
  const note = await text('/log/checkpoint')
  return { note, checkpoint: await openCheckpoint(note, [log]) }
}

export interface Proven {
  index: number
  size: number
  at: string
}

/** Find an event in the log: its bytes hashed here, its leaf led to a signed checkpoint. Throws `Invalid`. */
export async function proveEvent(event: LoggedEvent): Promise<Proven> {
  const { log } = await logKeys()
  const { checkpoint } = await covering(log, event.index)
  const served = await get<{ proof: string[] }>(`/log/proof/inclusion?index=${event.index}&size=${checkpoint.size}`, { anonymous: true })
  verifyInclusion(leafOf(event as Parameters<typeof leafOf>[0]), event.index, checkpoint.size, steps(served.proof), checkpoint.root)
  return { index: event.index, size: checkpoint.size, at: event.at }
}

async function covering(log: Verifier, index: number): Promise<Seen> {
  for (let left = TRIES; ; left--) {
    const found = await newestCheckpoint(log)
    if (found.checkpoint.size > index) return found
    if (left === 1) throw new Invalid('closed-unproven', 'the checkpoint does not reach as far yet')
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

export interface Verdict {
  /** Entries of the log now, and since which size this browser has followed it without a gap. */
  size: number
  since: number
  origin: string
  /** The checkpoint itself, to be kept: with it a rewritten log is found at once. */
  note: string
  witnesses: Cosigned[]
  named: number
  checkedAt: number
}

/** Check that the log extends what this browser saw last. Throws `Invalid` when it does not. */
export async function followLog(now: () => number): Promise<Verdict> {
  const { log, witnesses } = await logKeys()
  const { note, checkpoint } = await newestCheckpoint(log)
  const before = await seenBefore(log)
  if (before && before.checkpoint.size > 0) await extendsIt(before.checkpoint, checkpoint)
  const first = before ? Number(localStorage.getItem(`${SEEN}-first`) ?? before.checkpoint.size) : checkpoint.size
  localStorage.setItem(SEEN, note)
  localStorage.setItem(`${SEEN}-first`, String(first))
  const vouching = await cosigners(note, witnesses).catch(() => [])
  return { size: checkpoint.size, since: first, origin: checkpoint.origin, note, witnesses: vouching, named: witnesses.length, checkedAt: now() }
}

async function seenBefore(log: Verifier): Promise<Seen | null> {
  const note = localStorage.getItem(SEEN)
  if (!note) return null
  return { note, checkpoint: await openCheckpoint(note, [log]) }
}

async function extendsIt(before: Checkpoint, now: Checkpoint): Promise<void> {
  // An answer of a moment ago, from another process of the platform, may be a little shorter: look the other way round.
  const [first, second] = before.size <= now.size ? [before, now] : [now, before]
  const served = await get<{ proof: string[] }>(`/log/proof/consistency?from=${first.size}&to=${second.size}`, { anonymous: true })
  verifyConsistency(first.size, second.size, first.root, second.root, steps(served.proof))
}
