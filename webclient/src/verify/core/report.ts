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
  /** What each step that could not be examined fell with: the first one that was wrong. */
  const roots = new Map<string, string>()
  const steps: Step[] = []
  for (const spec of specs) {
    starting(spec.id)
    const lost = spec.needs?.find((need) => !passed.has(need))
    const root = lost && (roots.get(lost) ?? lost)
    const step = root ? groundGone(spec.id, root) : await runStep(bench, spec)
    if (root) roots.set(spec.id, root)
    if (step.outcome === 'ok') passed.add(spec.id)
    steps.push(step)
    progress(step)
  }
  return steps
}

export const groundGone = (id: string, step: string): Step => ({
  id, outcome: 'skipped', notes: [{ key: 'ground-gone', params: { step } }], wrong: [], unnamed: 0,
})

async function runStep<T>(bench: T, spec: StepSpec<T>): Promise<Step> {
  const findings = new Findings()
  let skipped = false
  try {
    await spec.run(bench, findings)
  } catch (fault) {
    if (fault instanceof Skipped) {
      skipped = true
      findings.notes.push(fault.note)
    } else findings.take(place('', fault))
  }
  return stepOf(spec.id, findings, skipped)
}

/** What was found, as a step; what was right elsewhere is not told of one that is wrong. */
export function stepOf(id: string, findings: Findings, skipped: boolean): Step {
  const { wrong, unnamed } = findings
  const outcome = wrong.length ? 'wrong' : skipped ? 'skipped' : 'ok'
  return { id, outcome, notes: wrong.length ? [] : findings.notes, wrong, unnamed }
}
