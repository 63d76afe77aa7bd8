/**
 * The ciphertext of a part: Tink's AES256-GCM-HKDF streaming format in 1 MiB segments, and its Merkle root
 * (docs/formats/stream.md). Segments are sealed and opened one by one, in any order.
 */
import { type Bytes, concat, digest, sha256, u32 } from './bytes'
import { Invalid } from './errors'
import { Aead, hkdf, TAG } from './suite'

export const SEGMENT = 1 << 20
export const HEADER = 40
export const SALT = 32
export const PREFIX = 7
export const MAX_SEGMENTS = 1 << 16 // 64 GiB a part; the format itself would allow 2^32
/** The plaintext of every segment but the first, which gives room to the header. */
export const BODY = SEGMENT - TAG
export const FIRST_BODY = BODY - HEADER

/**
 * How many segments a payload of `plaintext` bytes is padded to: whole MiB, then the steps of Padmé (Nikitin et
 * al., PoPETs 2019). At most 12 % larger, and only the order of magnitude and its first bits remain visible.
 */
export function bucketSegments(plaintext: number): number {
  let count = Math.max(1, Math.ceil((plaintext + HEADER) / BODY))
  if (count > MAX_SEGMENTS) throw new Invalid('part-too-large', `a part holds at most ${MAX_SEGMENTS} MiB`)
  const exponent = 31 - Math.clz32(count)
  const free = exponent - (exponent === 0 ? 0 : 32 - Math.clz32(exponent))
  if (free > 0) count = Math.ceil(count / 2 ** free) * 2 ** free
  if (count > MAX_SEGMENTS) throw new Invalid('part-too-large', `a part holds at most ${MAX_SEGMENTS} MiB`)
  return count
}

/** Whether a padded payload can have this many segments. */
export const isBucket = (segments: number): boolean =>
  segments > 0 && segments <= MAX_SEGMENTS && bucketSegments(plaintextSize(segments)) === segments

/** The plaintext bytes of a stream of `segments` full segments. */
export const plaintextSize = (segments: number): number => segments * BODY - HEADER

/** Where the plaintext of a segment begins, and how long it is. */
export function bodyOf(index: number): { start: number; length: number } {
  return index === 0 ? { start: 0, length: FIRST_BODY } : { start: index * BODY - HEADER, length: BODY }
}

const nonce = (prefix: Uint8Array, index: number, last: boolean): Bytes =>
  concat(prefix, u32(index), Uint8Array.of(last ? 1 : 0))

/** RFC 6962 section 2.1 over given leaf hashes. */
export function merkleRoot(leaves: readonly Uint8Array[]): Bytes {
  const tree = new Tree()
  for (const leaf of leaves) tree.add(leaf)
  return tree.root()
}

/** The right edge of a growing RFC 6962 tree: one root for each power of two in its size. */
class Tree {
  private readonly roots: Uint8Array[] = []
  private size = 0

  add(leaf: Uint8Array): void {
    this.roots.push(leaf)
    this.size += 1
    for (let rest = this.size; rest % 2 === 0; rest /= 2) {
      const right = this.roots.pop()
      const left = this.roots.pop()
      if (left && right) this.roots.push(sha256(Uint8Array.of(1), left, right))
    }
  }

  root(): Bytes {
    let root = this.roots.at(-1)
    if (!root) return sha256()
    for (const left of this.roots.slice(0, -1).reverse()) root = sha256(Uint8Array.of(1), left, root)
    return root as Bytes
  }
}

/** The leaf of one MiB of ciphertext. */
export const leafHash = (segment: Uint8Array): Promise<Bytes> => digest(concat(Uint8Array.of(0), segment))

export interface SealedSegment {
  readonly bytes: Bytes
  readonly leaf: Bytes
  /** Gives the memory of `bytes` back, for a later segment; fresh memory costs a third of the speed. */
  release(): void
}

/** Seals the segments of one stream. `salt` and `prefix` are fresh for every sealing. */
export class StreamSealer {
  private readonly spare: Bytes[] = []

  private constructor(
    private readonly aead: Aead,
    private readonly header: Bytes,
    private readonly prefix: Uint8Array,
    readonly segments: number,
  ) {}

  static async of(
    key: Uint8Array,
    associated: Uint8Array,
    { segments, salt, prefix }: { segments: number; salt: Uint8Array; prefix: Uint8Array },
  ): Promise<StreamSealer> {
    if (salt.length !== SALT || prefix.length !== PREFIX) {
      throw new RangeError('a stream needs a 32-byte salt and a 7-byte nonce prefix')
    }
    const aead = await Aead.of(hkdf(key, salt, associated))
    return new StreamSealer(aead, concat(Uint8Array.of(HEADER), salt, prefix), prefix, segments)
  }

  /** One whole MiB of ciphertext and its leaf. The plaintext is copied before this returns its promise. */
  async seal(index: number, plain: Uint8Array): Promise<SealedSegment> {
    if (plain.length !== bodyOf(index).length) throw new RangeError('a segment is sealed whole')
    const sealed = await this.aead.seal(nonce(this.prefix, index, index === this.segments - 1), plain)
    // One buffer with the leaf's zero byte in front serves digest and caller: no second copy of a MiB.
    const block = this.spare.pop() ?? new Uint8Array(1 + SEGMENT)
    if (index === 0) block.set(this.header, 1)
    block.set(sealed, 1 + SEGMENT - sealed.length)
    return { bytes: block.subarray(1), leaf: await digest(block), release: () => void this.spare.push(block) }
  }
}

/** Opens the segments of one stream, in any order. */
export class StreamOpener {
  private constructor(
    private readonly aead: Aead,
    private readonly prefix: Uint8Array,
    readonly size: number,
  ) {}

  /** `first` is segment 0 or its 40-byte header at least; `size` that of the whole ciphertext. */
  static async of(key: Uint8Array, associated: Uint8Array, first: Uint8Array, size: number): Promise<StreamOpener> {
    if (first.length < HEADER || first[0] !== HEADER || size < HEADER + TAG) {
      throw new Invalid('bad-ciphertext', 'the ciphertext does not begin with a stream header')
    }
    const aead = await Aead.of(hkdf(key, first.slice(1, 1 + SALT), associated))
    return new StreamOpener(aead, first.slice(1 + SALT, HEADER), size)
  }

  /** The plaintext of one segment; else `bad-ciphertext`. */
  async open(index: number, segment: Uint8Array): Promise<Bytes> {
    const count = Math.ceil(this.size / SEGMENT)
    if (index < 0 || index >= count || segment.length !== Math.min(SEGMENT, this.size - index * SEGMENT)) {
      throw new Invalid('bad-ciphertext', 'a segment has the wrong place or length', { segment: index })
    }
    const body = index === 0 ? segment.subarray(HEADER) : segment
    if (body.length < TAG) throw new Invalid('bad-ciphertext', 'a segment is shorter than its tag', { segment: index })
    const plain = await this.aead.open(nonce(this.prefix, index, index === count - 1), body)
    if (!plain) throw new Invalid('bad-ciphertext', 'a segment fails its authentication tag', { segment: index })
    return plain
  }
}
