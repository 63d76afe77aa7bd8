/** Recompute a draw from its published inputs, here in the browser. */
import { unb64, hex } from '@/crypto/canonical'
import { drawIndex, drawSeed } from '@/crypto/draws'

/** GET /halls/{lot}/draw: the logged event with every input. */
export interface Transcript {
  label: string
  candidates: string[]
  reveals: Record<string, string>
  kHalls?: Record<string, string>
  missing?: string[]
  seed: string
  counter?: number
  index: number
  value: string
}

export interface Verdict {
  seed: string
  index: number
  value: string
  /** The same result as the hall announced. */
  same: boolean
}

export function recompute(transcript: Transcript, announced: { value?: string; candidates: readonly string[]; label: string }): Verdict {
  const bytes = (values: Record<string, string> = {}): Record<string, Uint8Array> =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, unb64(value)]))
  const seed = drawSeed(announced.label, bytes(transcript.reveals), bytes(transcript.kHalls))
  const index = Number(drawIndex(seed, announced.label, announced.candidates.length, transcript.counter ?? 0))
  const value = announced.candidates[index] ?? ''
  const same =
    hex(seed) === transcript.seed &&
    index === transcript.index &&
    value === announced.value &&
    JSON.stringify(announced.candidates) === JSON.stringify(transcript.candidates)
  return { seed: hex(seed), index, value, same }
}
