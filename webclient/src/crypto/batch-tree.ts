/** The tree under a sealed batch: what the platform hides before T and anyone recomputes afterwards (sealed-batch.md). */
import { type Bytes, concat, same, sha256, u32, utf8 } from './bytes'
import { canon, hex } from './canonical'
import { Invalid } from './errors'
import { levels, nodeHash } from './merkle'

/** One thing in a batch: its type and its SHA-256 in hex. */
export interface Item {
  readonly type: string
  readonly hash: string
}

/** How an item leads to a batch's root: salt, place, and the siblings of both trees, leaf upwards. */
export interface ItemProof {
  readonly item: Item
  readonly lot: string
  readonly position: number
  readonly salt: Uint8Array
  readonly path: readonly Uint8Array[]
  readonly lotPosition: number
  readonly lots: number
  readonly lotPath: readonly Uint8Array[]
}

const MAX_DEPTH = 16
const saltOf = (seed: Uint8Array, position: number): Bytes =>
  sha256(concat(utf8('kaibiao/batch-salt/v1\0'), seed, u32(position)))
const paddingOf = (seed: Uint8Array, position: number): Item => ({
  type: 'padding',
  hash: hex(sha256(concat(utf8('kaibiao/batch-padding/v1\0'), seed, u32(position)))),
})
const leafOfItem = ({ hash, type }: Item, salt: Uint8Array): Bytes =>
  sha256(concat(Uint8Array.of(0), salt, canon({ hash, type })))
const leafOfLot = (lot: string, root: Uint8Array): Bytes =>
  sha256(concat(Uint8Array.of(0), canon({ lot, root: hex(root) })))

/** The root of a lot's subtree from its published seed and real items by position; the rest is padding. */
export function lotRoot(seed: Uint8Array, items: ReadonlyMap<number, Item>, depth: number): Uint8Array {
  if (!Number.isInteger(depth) || depth < 0 || depth > MAX_DEPTH) throw new Invalid('bad-batch', 'not a depth')
  const places = 2 ** depth
  for (const position of items.keys()) {
    if (!Number.isInteger(position) || position < 0 || position >= places) {
      throw new Invalid('bad-batch', 'an item stands outside its batch')
    }
  }
  const leaves = Array.from({ length: places }, (_, position) =>
    leafOfItem(items.get(position) ?? paddingOf(seed, position), saltOf(seed, position)),
  )
  return levels(leaves).at(-1)?.[0] ?? sha256()
}

/** The batch root that an item's proof leads to; compare it with the logged one. */
export function rootOfProof(proof: ItemProof): Uint8Array {
  const subtree = climb(leafOfItem(proof.item, proof.salt), proof.position, 2 ** proof.path.length, proof.path)
  return rootOfLot(proof.lot, subtree, proof)
}

/** The batch root that a lot's subtree leads to. */
export const rootOfLot = (
  lot: string,
  subtree: Uint8Array,
  { lotPosition, lots, lotPath }: Pick<ItemProof, 'lotPosition' | 'lots' | 'lotPath'>,
): Uint8Array => climb(leafOfLot(lot, subtree), lotPosition, lots, lotPath)

function climb(leaf: Uint8Array, at: number, size: number, path: readonly Uint8Array[]): Uint8Array {
  if (!Number.isInteger(at) || !Number.isInteger(size) || at < 0 || at >= size) throw new Invalid('bad-batch', 'no such place')
  const siblings = [...path]
  let node = leaf
  for (let position = at, width = size; width > 1; position = Math.floor(position / 2), width = Math.ceil(width / 2)) {
    const left = position % 2 === 0
    if (left && position + 1 >= width) continue // a last node without a sibling rises as it is
    const sibling = siblings.shift()
    if (!sibling) throw new Invalid('bad-batch', 'the proof is too short')
    node = left ? nodeHash(node, sibling) : nodeHash(sibling, node)
  }
  if (siblings.length) throw new Invalid('bad-batch', 'the proof is too long')
  return node
}

/** `bad-batch` unless the root is the one given in hex. */
export function checkRoot(root: Uint8Array, expected: string): void {
  if (!same(hex(root), expected)) throw new Invalid('bad-batch', 'the items do not lead to the logged root')
}
