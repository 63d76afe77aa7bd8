/**
 * What this browser remembers of a log: its key and the newest checkpoint seen. A log that forks or rolls back shows
 * here, even where the page and the log come from the same server.
 */
import { type Checkpoint, openCheckpoint, parseVerifier, type Verifier } from '@/crypto/checkpoint'
import { unbase64 } from '@/crypto/canonical'
import { Invalid } from '@/crypto/errors'
import { verifyConsistency } from '@/crypto/merkle'
import type { Findings } from './report'
import type { Platform } from './platform'

export interface Remembered {
  vkey: string
  /** The newest checkpoint seen, a signed note. */
  note: string
  seenAt: string
}
/** By the log's origin. */
export type Memory = Readonly<Record<string, Remembered>>

export interface LiveLog {
  verifier: Verifier
  vkey: string
  checkpoint: Checkpoint
  note: string
  /** Where the key comes from: seen before in this browser, or only now from this platform. */
  from: 'remembered' | 'platform'
  memory: Memory
}

interface Proof {
  proof: string[]
}

/** That a checkpoint seen elsewhere is a prefix of the log shown now. */
export async function requirePrefix(platform: Platform, earlier: Checkpoint, now: Checkpoint): Promise<void> {
  if (earlier.size > now.size) throw new Invalid('log-rolled-back', `${earlier.size} > ${now.size}`)
  const { proof } = earlier.size && earlier.size < now.size
    ? await platform.json<Proof>(`/log/proof/consistency?from=${earlier.size}&to=${now.size}`)
    : { proof: [] }
  verifyConsistency(earlier.size, now.size, earlier.root, now.root, proof.map((step) => unbase64(step, 'not-an-extension')))
}

/** The platform's log now: signed by the key this browser remembers, and an extension of what it saw before. */
export async function liveLog(platform: Platform, memory: Memory, findings: Findings): Promise<LiveLog> {
  const told = (await platform.text('/log/vkey')).split('\n')[0] ?? ''
  const verifier = parseVerifier(told)
  const known = Object.hasOwn(memory, verifier.name) ? memory[verifier.name] : undefined
  if (known && known.vkey !== told) throw new Invalid('log-key-changed', `${known.vkey.split('+')[1]} → ${verifier.keyId}`)
  const note = await platform.text('/log/checkpoint')
  const checkpoint = await openCheckpoint(note, [verifier])
  if (known) {
    const earlier = await openCheckpoint(known.note, [verifier])
    await requirePrefix(platform, earlier, checkpoint)
    findings.note('memory-extends', { before: earlier.size, now: checkpoint.size, at: known.seenAt })
  } else {
    findings.note('memory-first', { now: checkpoint.size })
  }
  const entry: Remembered = { vkey: told, note, seenAt: new Date().toISOString() }
  return { verifier, vkey: told, checkpoint, note, from: known ? 'remembered' : 'platform', memory: { ...memory, [verifier.name]: entry } }
}
