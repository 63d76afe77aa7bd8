/** The Merkle tree of RFC 6962 section 2.1: leaf and node hashes, and the proofs of RFC 9162 section 2.1.3 and .4. */
import { type Bytes, same, sha256 } from './bytes'
import { Invalid } from './errors'

export const EMPTY_ROOT = sha256()
/** SHA-256(00 || leaf). */
export const treeLeafHash = (leaf: Uint8Array): Bytes => sha256(Uint8Array.of(0), leaf)
/** SHA-256(01 || left || right). */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Bytes => sha256(Uint8Array.of(1), left, right)

const half = (number: number): number => Math.floor(number / 2)
const odd = (number: number): boolean => number % 2 === 1

/** `not-included` unless the leaf (its bytes, not its hash) is number `index` of the tree of `size` with this root. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): void {
  const refused = new Invalid('not-included', `leaf ${index} is not under this root of ${size} leaves`)
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) throw refused
  let position = index
  let last = size - 1
  let hashed = treeLeafHash(leaf)
  for (const step of proof) {
    if (last === 0) throw refused
    if (odd(position) || position === last) {
      hashed = nodeHash(step, hashed)
      while (!odd(position) && position > 0) {
        position = half(position)
        last = half(last)
      }
    } else {
      hashed = nodeHash(hashed, step)
    }
    position = half(position)
    last = half(last)
  }
  if (last !== 0 || !same(hashed, root)) throw refused
}

/** `not-an-extension` unless the tree of `second` leaves begins with the tree of `first`. */
export function verifyConsistency(
  first: number,
  second: number,
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
  proof: readonly Uint8Array[],
): void {
  const refused = new Invalid('not-an-extension', `the tree of ${second} does not extend the tree of ${first}`)
  if (first < 0 || second < first) throw refused
  if (first === 0 || first === second) {
    // Every tree extends the empty one and itself; nothing needs to be proved.
    if (proof.length || (first === second && !same(firstRoot, secondRoot)) || (!first && !same(firstRoot, EMPTY_ROOT))) throw refused
    return
  }
  const power = 2 ** Math.floor(Math.log2(first)) === first
  const [start, ...steps] = power ? [firstRoot, ...proof] : proof
  if (!start) throw refused
  let older = first - 1
  let last = second - 1
  while (odd(older)) {
    older = half(older)
    last = half(last)
  }
  let before = start
  let after = start
  for (const step of steps) {
    if (last === 0) throw refused
    if (odd(older) || older === last) {
      before = nodeHash(step, before)
      after = nodeHash(step, after)
      while (!odd(older) && older > 0) {
        older = half(older)
        last = half(last)
      }
    } else {
      after = nodeHash(after, step)
    }
    older = half(older)
    last = half(last)
  }
  if (last !== 0 || !same(before, firstRoot) || !same(after, secondRoot)) throw refused
}

/** The levels of a tree over leaf hashes, leaves first; a last node without a sibling rises as it is. */
export function levels(leaves: readonly Uint8Array[]): Uint8Array[][] {
  const all: Uint8Array[][] = [[...leaves]]
  for (let below = all[0] ?? []; below.length > 1; below = all.at(-1) ?? []) {
    const above: Uint8Array[] = []
    for (let i = 0; i < below.length; i += 2) {
      const left = below[i] as Uint8Array
      const right = below[i + 1]
      above.push(right ? nodeHash(left, right) : left)
    }
    all.push(above)
  }
  return all
}
