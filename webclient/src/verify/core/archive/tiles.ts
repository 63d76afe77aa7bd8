/** Inclusion proofs out of the tiles that an archive carries (C2SP tlog-tiles), to be held against those it states. */
import { sha256 } from '@/crypto/bytes'
import { Invalid } from '@/crypto/errors'
import { levels, nodeHash } from '@/crypto/merkle'
import type { Opened } from './opened'

const HASH = 32
const HEIGHT = 8
const WIDTH = 256
const TILES = 'log/tile/'
const PATH = /^log\/tile\/(\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/

/** How many hashes a tile holds in a tree of `size` leaves. */
const widthOf = (level: number, number: number, size: number): number =>
  Math.max(0, Math.min(WIDTH, Math.floor(size / WIDTH ** level) - number * WIDTH))

export class Tiles {
  private readonly nodes = new Map<string, Uint8Array>()

  private constructor(
    private readonly tiles: ReadonlyMap<string, Uint8Array>,
    private readonly size: number,
  ) {}

  /** The archive's tiles for a tree of `size` leaves; null where it carries none. */
  static async of(opened: Opened, size: number): Promise<Tiles | null> {
    const tiles = new Map<string, Uint8Array>()
    for (const name of opened.names(TILES)) {
      const [, level, path, width] = PATH.exec(name) ?? []
      if (!level || !path) throw new Invalid('bad-tile', name)
      const number = Number(path.replaceAll(/[x/]/g, ''))
      if (Number(width ?? WIDTH) === widthOf(Number(level), number, size)) tiles.set(`${Number(level)}/${number}`, await opened.read(name))
    }
    return tiles.size ? new Tiles(tiles, size) : null
  }

  /** The audit path of a leaf (RFC 6962 section 2.1.1). */
  proof(index: number): Uint8Array[] {
    return this.path(index, 0, this.size)
  }

  private path(index: number, start: number, stop: number): Uint8Array[] {
    if (stop - start <= 1) return []
    const middle = start + 2 ** Math.floor(Math.log2(stop - start - 1))
    return index < middle
      ? [...this.path(index, start, middle), this.subtree(middle, stop)]
      : [...this.path(index, middle, stop), this.subtree(start, middle)]
  }

  /** The root over an aligned range of leaves: its complete subtrees, bagged from the right. */
  private subtree(start: number, stop: number): Uint8Array {
    const peaks: Uint8Array[] = []
    for (let at = start; at < stop; ) {
      const level = Math.floor(Math.log2(stop - at))
      peaks.push(this.node(level, Math.floor(at / 2 ** level)))
      at += 2 ** level
    }
    return peaks.reduceRight((below, peak) => nodeHash(peak, below))
  }

  private node(level: number, index: number): Uint8Array {
    const key = `${level}/${index}`
    const known = this.nodes.get(key)
    if (known) return known
    const [row, inside] = [Math.floor(level / HEIGHT), level % HEIGHT]
    const first = index * 2 ** inside
    const data = this.tiles.get(`${row}/${Math.floor(first / WIDTH)}`)
    const start = (first % WIDTH) * HASH
    const part = data?.subarray(start, start + HASH * 2 ** inside)
    if (part?.length !== HASH * 2 ** inside) throw new Invalid('tile-missing', `${row}/${Math.floor(first / WIDTH)}`)
    const hashes = Array.from({ length: 2 ** inside }, (_, n) => part.subarray(n * HASH, (n + 1) * HASH))
    const found = levels(hashes).at(-1)?.[0] ?? sha256()
    this.nodes.set(key, found)
    return found
  }
}
