/** Pausing and going on: sealing asks before each stretch of a file whether it may. */
export class Gate {
  private waiting: (() => void)[] = []
  #paused = false

  get paused(): boolean {
    return this.#paused
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    for (const go of this.waiting.splice(0)) go()
  }

  /** Resolves at once, or when sealing goes on; an abort ends the waiting. */
  async pass(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (!this.#paused) return
    await new Promise<void>((go) => {
      this.waiting.push(go)
      signal?.addEventListener('abort', () => go(), { once: true })
    })
    signal?.throwIfAborted()
  }
}

/** At most `size` tasks at once; `run` resolves when the task has a place, so whoever asks waits (backpressure). */
export class Lanes {
  private free: number
  private waiting: (() => void)[] = []
  private readonly running = new Set<Promise<void>>()
  private failure: { error: unknown } | undefined

  constructor(size: number) {
    this.free = size
  }

  async run(task: () => Promise<void>): Promise<void> {
    while (this.free === 0) await new Promise<void>((go) => this.waiting.push(go))
    if (this.failure) throw this.failure.error
    this.free -= 1
    const done = task()
      .catch((error: unknown) => {
        this.failure ??= { error }
      })
      .finally(() => {
        this.free += 1
        this.running.delete(done)
        this.waiting.shift()?.()
      })
    this.running.add(done)
  }

  /** Resolves when all tasks are done; throws what the first failing one threw. */
  async drain(): Promise<void> {
    await Promise.all(this.running)
    if (this.failure) throw this.failure.error
  }
}
