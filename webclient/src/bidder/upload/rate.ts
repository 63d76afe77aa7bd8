/** Speed and time left, from what was done in the last seconds. */

const WINDOW = 8_000

export class Rate {
  #samples: { at: number; done: number }[] = []

  /** Note how much is done at a moment (ms). */
  add(at: number, done: number): void {
    const last = this.#samples.at(-1)
    // What is done may shrink: a broken request takes its bytes back.
    if (last && done < last.done) this.#samples = []
    this.#samples.push({ at, done })
    while (this.#samples.length > 2 && at - this.#samples[0]!.at > WINDOW) this.#samples.shift()
  }

  reset(): void {
    this.#samples = []
  }

  /** Per second; 0 while too little is known. */
  speed(): number {
    const first = this.#samples[0]
    const last = this.#samples.at(-1)
    if (!first || !last || last.at - first.at < 400) return 0
    return ((last.done - first.done) * 1000) / (last.at - first.at)
  }

  /** Seconds until `total`; null while unknown. */
  left(total: number): number | null {
    const speed = this.speed()
    const done = this.#samples.at(-1)?.done ?? 0
    return speed > 0 ? Math.max(0, (total - done) / speed) : null
  }
}
