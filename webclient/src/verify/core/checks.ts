/** The checks a visitor can ask for, and what their results look like. */
import type { Facts } from './archive/outcome'
import type { Right } from './archive/opened'
import type { Memory } from './memory'
import type { Note, Step } from './report'

export type Kind = 'archive' | 'record' | 'receipt' | 'act'
/** `open`: nothing is wrong, and something that matters could not be looked at. */
export type Verdict = 'good' | 'bad' | 'open'

export interface RecordFacts {
  sha256: string
  minutesSha256: string
  lot: string
  title: string
  part: string
  demonstration: boolean
  signers: { name: string; organisation: string; at: string; role: 'bidder' | 'seal' }[]
}
export interface ReceiptFacts {
  submission: string
  bid: string
  lot: string
  tender: string
  at: string
  withdrawn: boolean
  loggedAt: string
  stampedAt: string
  index: number | null
  title: string
}
/** An event of a hall, as its act receipt has it; `leaf` is its commitment, computed here. */
export interface ActFacts {
  lot: string
  title: string
  type: string
  seat: string
  at: string
  index: number
  leaf: string
  body: string
}
/** What the QR code of a record leads to, as the platform says it. */
export interface CodeFacts {
  code: string
  lot: string
  tender: string
  title: string
  demonstration: boolean
  part: string
  phase: string
  renderedAt: string
  minutesSha256: string
  renderedSha256: string
  sealedSha256: string | null
  sealed: { seat: string; sha256: string }[]
  archive: string | null
}
export interface Result {
  kind: Kind
  verdict: Verdict
  steps: Step[]
  /** The steps on the archive that a record or a code was held against. */
  archiveSteps: Step[]
  trusted: Note[]
  opening: Facts | null
  record: RecordFacts | null
  receipt: ReceiptFacts | null
  act: ActFacts | null
  code: CodeFacts | null
  right: Right | null
  memory: Memory
}

export type Request =
  | { file: Blob; memory: Memory }
  | { code: string; memory: Memory }
  | { lot: string; memory: Memory }

export interface Reporter {
  /** Which check it is, as soon as that is known. */
  kind(kind: Kind, steps: readonly string[]): void
  starting(id: string): void
  step(step: Step): void
  bytes(done: number, total: number): void
}

export type Message =
  | { type: 'kind'; kind: Kind; steps: readonly string[] }
  | { type: 'starting'; id: string }
  | { type: 'step'; step: Step }
  | { type: 'bytes'; done: number; total: number }
  | { type: 'done'; result: Result }
  | { type: 'failed'; code: string; detail: string }

export const blank = (kind: Kind, memory: Memory): Result => ({
  kind, verdict: 'open', steps: [], archiveSteps: [], trusted: [], opening: null, record: null, receipt: null, act: null, code: null, right: null, memory,
})

/** Good only where nothing is wrong and each step that the verdict rests on was looked at. */
export function verdictOf(steps: readonly Step[], essential: readonly string[]): Verdict {
  if (steps.some((step) => step.outcome === 'wrong')) return 'bad'
  return essential.every((id) => steps.find((step) => step.id === id)?.outcome === 'ok') ? 'good' : 'open'
}
