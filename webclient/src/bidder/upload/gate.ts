/** Pause and go on: whoever works waits here between two steps. */
export class Gate {
  #open = true
  #waiting: (() => void)[] = []
  #onPause = new Set<() => void>()
  #onResume = new Set<() => void>()

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
    for (const go of [...this.#onResume, ...waiting]) go()
  }

  /** Resolves at once, or when it goes on. */
  async pass(): Promise<void> {
    while (!this.#open) await new Promise<void>((go) => this.#waiting.push(go))
  }

  /** Hand every pause on to another gate, the present one included; returns how to stop that. */
  follow(pause: () => void, resume: () => void): () => void {
    if (!this.#open) pause()
    this.#onPause.add(pause)
    this.#onResume.add(resume)
    return () => {
      this.#onPause.delete(pause)
      this.#onResume.delete(resume)
    }
  }

  /** Call `stop` when a pause begins; returns how to unregister. */
  onPause(stop: () => void): () => void {
    this.#onPause.add(stop)
    return () => this.#onPause.delete(stop)
  }
}
