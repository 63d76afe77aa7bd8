/** Pauses between attempts: growing, and never the same for two clients, so that a hall does not return as one wave. */
const FIRST_MS = 400
const LONGEST_MS = 10_000

export function pauseBefore(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10))
  return ceiling * (0.4 + 0.6 * random())
}
