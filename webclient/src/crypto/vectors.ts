/** The golden vectors of `tests/vectors`, and fixed randomness, for the tests beside. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { unhex } from './canonical'
import { type Random } from './bytes'

/** A golden file, as written by `tests/vectors/make.py`. */
export function vector<T = Record<string, never>>(name: string): T {
  const path = fileURLToPath(new URL(`../../../tests/vectors/${name}.json`, import.meta.url))
  return JSON.parse(readFileSync(path, 'utf8')) as T
}

/** Gives the listed bytes in order, and insists that each is asked for with its length. */
export function fixedRandom(given: readonly string[]): Random & { left(): number } {
  const rest = [...given]
  const next: Random = (size) => {
    const value = rest.shift()
    if (value?.length !== 2 * size) throw new Error(`asked for ${size} bytes where the vector has ${value?.length ?? 0} / 2`)
    return unhex(value)
  }
  return Object.assign(next, { left: () => rest.length })
}
