/** Recompute a draw from its published inputs, here in the browser. */
import { hex, sha256hex, unb64 } from '@/crypto/canonical'
import { drawIndex, drawSeed } from '@/crypto/draws'
import type { Transcript } from '@/wire/hall'

export type { Transcript } from '@/wire/hall'

export interface Verdict {
  seed: string
  index: number
  value: string
  /** The same result as the hall announced. */
  same: boolean
}

export interface Announced {
  value?: string
  seed?: string
  candidates: readonly string[]
  label: string
  /** SHA-256 of each seat's number, given before the numbers were. */
  commitments: Readonly<Record<string, string>>
}

export function recompute(transcript: Transcript, announced: Announced): Verdict {
  const bytes = (values: Record<string, string> = {}): Record<string, Uint8Array> =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, unb64(value)]))
  const seed = drawSeed(announced.label, bytes(transcript.reveals), bytes(transcript.kHalls))
  const index = Number(drawIndex(seed, announced.label, announced.candidates.length, transcript.counter ?? 0))
  const value = announced.candidates[index] ?? ''
  const same =
    hex(seed) === transcript.seed &&
    // What the hall has shown since the draw: a transcript that agrees with itself alone proves nothing.
    hex(seed) === announced.seed &&
    index === transcript.index &&
    value === announced.value &&
    asCommitted(transcript.reveals, announced.commitments) &&
    JSON.stringify(announced.candidates) === JSON.stringify(transcript.candidates)
  return { seed: hex(seed), index, value, same }
}

/** Seats revealed what they had committed to. A bidder's number was sealed with its bid: the archive's check opens that. */
function asCommitted(reveals: Readonly<Record<string, string>>, commitments: Readonly<Record<string, string>>): boolean {
  return Object.entries(reveals).every(([by, value]) => by.startsWith('b_') || sha256hex(unb64(value)) === commitments[by])
}
