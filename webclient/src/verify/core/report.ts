/** What a check says: its steps, and every place where something is wrong. Mirrors `bidding/verify/report.py`. */

/** A report names at most so many places; `unnamed` counts the rest. */
export const MAX_WRONG = 200

/** One place that does not verify: a file or an entry of the archive, where in it, and why (kebab-case). */
export interface Wrong {
  path: string
  reason: string
  detail?: string
  /** Byte offset in the file. */
  offset?: number
  /** 1 MiB leaf of a ciphertext, or leaf index in the log; `path` says of which. */
  leaf?: number
  /** What the value is called, where it has a name people know. */
  label?: { zh: string; en: string }
  /** A printed value that differs from the proven one. */
  says?: string
  proven?: string
}

/** A short clause about what was looked at; the page has the words for its key. */
export interface Note {
  key: string
  params?: Record<string, string | number>
}

export type Outcome = 'ok' | 'wrong' | 'skipped'

export interface Step {
  id: string
  outcome: Outcome
  notes: Note[]
  wrong: Wrong[]
  unnamed: number
}

/** A step found something wrong and cannot look further. */
export class Failed extends Error {
  readonly wrong: Wrong
  constructor(path: string, reason: string, detail = '', where: Partial<Wrong> = {}) {
    super(`${path}: ${reason}`)
    this.wrong = { path, reason, ...(detail ? { detail } : {}), ...where }
  }
}

/** There was nothing to look at: the step is neither right nor wrong, and the note says why. */
export class Skipped extends Error {
  constructor(readonly note: Note) {
    super(note.key)
  }
}

/** There is no such file to judge. */
export class Unreadable extends Error {}

/** Collects what is wrong while a step runs, and what it wants to say. */
export class Findings {
  readonly wrong: Wrong[] = []
  readonly notes: Note[] = []
  unnamed = 0

  add(path: string, reason: string, detail = '', where: Partial<Wrong> = {}): void {
    this.take({ path, reason, ...(detail ? { detail } : {}), ...where })
  }
  take(wrong: Wrong): void {
    if (this.wrong.length < MAX_WRONG) this.wrong.push(wrong)
    else this.unnamed += 1
  }
  note(key: string, params?: Note['params']): void {
    this.notes.push(params ? { key, params } : { key })
  }
}

/** Whatever a parser or a primitive threw, as a place that does not verify. */
export function place(path: string, fault: unknown, where: Partial<Wrong> = {}): Wrong {
  if (fault instanceof Failed) return fault.wrong
  const { code, detail, message } = fault as { code?: string; detail?: string; message?: string }
  if (typeof code === 'string') return { path, reason: code, ...(detail ? { detail } : {}), ...where }
  return { path, reason: 'malformed', ...(message ? { detail: message } : {}), ...where }
}

export interface StepSpec<T> {
  id: string
  run: (bench: T, findings: Findings) => void | Promise<void>
  /** Steps that must have passed: without their ground this one examines nothing. */
  needs?: readonly string[]
}

/** Run the steps one after the other; each is reported as it ends. */
export async function runSteps<T>(
  bench: T,
  specs: readonly StepSpec<T>[],
  progress: (step: Step) => void,
  starting: (id: string) => void = () => undefined,
): Promise<Step[]> {
  const passed = new Set<string>()
  const steps: Step[] = []
  for (const spec of specs) {
    starting(spec.id)
    const step = await runStep(bench, spec, passed)
    if (step.outcome === 'ok') passed.add(spec.id)
    steps.push(step)
    progress(step)
  }
  return steps
}

async function runStep<T>(bench: T, spec: StepSpec<T>, passed: Set<string>): Promise<Step> {
  const findings = new Findings()
  const lost = spec.needs?.find((need) => !passed.has(need))
  if (lost) return { id: spec.id, outcome: 'skipped', notes: [{ key: 'ground-gone', params: { step: lost } }], wrong: [], unnamed: 0 }
  let outcome: Outcome = 'ok'
  try {
    await spec.run(bench, findings)
  } catch (fault) {
    if (fault instanceof Skipped) {
      outcome = 'skipped'
      findings.notes.push(fault.note)
    } else findings.take(place('', fault))
  }
  if (findings.wrong.length) outcome = 'wrong'
  return { id: spec.id, outcome, notes: findings.notes, wrong: findings.wrong, unnamed: findings.unnamed }
}
