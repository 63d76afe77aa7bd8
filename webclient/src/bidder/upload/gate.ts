/** Pause and go on: whoever works waits here between two steps. */
export class Gate {
  #open = true
  #waiting: (() => void)[] = []
  #onPause = new Set<() => void>()

  get paused(): boolean {
    return !this.#open
  }

  pause(): void {
    this.#open = false
    for (const stop of this.#onPause) stop()
  }

  resume(): void {
    this.#open = true
    const waiting = this.#waiting
    this.#waiting = []
    for (const go of waiting) go()
  }

  /** Resolves at once, or when it goes on. */
  async pass(): Promise<void> {
    while (!this.#open) await new Promise<void>((go) => this.#waiting.push(go))
  }

  /** Call `stop` when a pause begins; returns how to unregister. */
  onPause(stop: () => void): () => void {
    this.#onPause.add(stop)
    return () => this.#onPause.delete(stop)
  }
}
