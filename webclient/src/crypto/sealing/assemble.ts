/**
 * The plaintext of a part, segment by segment, every byte of every file read once.
 *
 * A ZIP's local header stands before the file and holds its checksum: the segment with the header waits, one MiB
 * in memory, until the file has been read. Segments therefore come out of order; nothing is read twice.
 */
import type { Bytes } from '../bytes'
import { crc32 } from '../crc32'
import { Invalid } from '../errors'
import { directory, localHeader } from '../plain-zip'
import { BODY, bodyOf } from '../stream'
import type { FileInput, PartPlan, Piece } from './plan'

/** Bytes of a file read at once: a few segments, so that reading costs little per byte. */
const READ = 4 << 20

export interface Segment {
  readonly index: number
  readonly plain: Bytes
}

interface Held {
  plain: Bytes
  missing: number
}

/** One stretch of a file and its checksum, to ask later whether the file is still what was sealed. */
export interface Sample {
  readonly start: number
  readonly length: number
  readonly crc: number
}

/** Of one file: any stretch, and the last one. */
export interface Samples {
  any?: Sample
  last?: Sample
}

const ZEROS = new Uint8Array(BODY)

export class Assembler {
  /** Checksums by file, as far as they are known. */
  readonly crcs: number[] = []
  readonly samples: Samples[] = []
  /** Where the headers stand that wait for their file's checksum. */
  private readonly headers: (number | undefined)[] = []
  private readonly held = new Map<number, Held>()
  private index = 0
  private filled = 0

  constructor(
    private readonly plan: PartPlan,
    private readonly pieces: readonly Piece[],
    private readonly emit: (segment: Segment) => Promise<void>,
    private readonly before: () => Promise<void>,
  ) {}

  async run(): Promise<void> {
    for (const [file, { blob }] of this.plan.files.entries()) if (blob.size === 0) this.crcs[file] = 0
    for (const piece of this.pieces) await this.take(piece)
    await this.pad()
  }

  private async take(piece: Piece): Promise<void> {
    if (piece.kind === 'file') {
      await this.file(piece.file, piece.length)
      await this.fillHeader(piece.file)
    } else if (piece.kind === 'bytes') {
      await this.add(piece.bytes)
    } else if (piece.kind === 'directory') {
      await this.add(directory(this.entries()))
    } else if (this.crcs[piece.file] !== undefined) {
      await this.add(localHeader(this.entry(piece.file)))
    } else {
      this.headers[piece.file] = piece.start
      await this.skip(piece.length)
    }
  }

  private entry(file: number): { name: string; size: number; crc: number } {
    const { name, blob } = this.plan.files[file] as FileInput
    return { name, size: blob.size, crc: this.crcs[file] ?? 0 }
  }

  private entries() {
    return this.plan.files.map((_, file) => this.entry(file))
  }

  private slot(index: number): Held {
    let slot = this.held.get(index)
    if (!slot) {
      const { length } = bodyOf(index)
      slot = { plain: new Uint8Array(length), missing: length }
      this.held.set(index, slot)
    }
    return slot
  }

  /** Bytes at the reading position; whole segments of them are not copied. */
  private async add(data: Bytes): Promise<void> {
    for (let rest = data; rest.length; ) {
      const { length } = bodyOf(this.index)
      const taken = rest.subarray(0, length - this.filled)
      if (taken.length === length) {
        await this.emit({ index: this.index, plain: taken })
      } else {
        await this.put(this.index, this.filled, taken)
      }
      this.advance(taken.length)
      rest = rest.subarray(taken.length)
    }
  }

  private advance(by: number): void {
    this.filled += by
    if (this.filled < bodyOf(this.index).length) return
    this.index += 1
    this.filled = 0
  }

  private async put(index: number, at: number, data: Uint8Array): Promise<void> {
    const slot = this.slot(index)
    slot.plain.set(data, at)
    slot.missing -= data.length
    if (slot.missing > 0) return
    this.held.delete(index)
    await this.emit({ index, plain: slot.plain })
  }

  private async skip(length: number): Promise<void> {
    for (let rest = length; rest > 0; ) {
      const step = Math.min(rest, bodyOf(this.index).length - this.filled)
      this.slot(this.index)
      this.advance(step)
      rest -= step
    }
  }

  /** The header of a file that has been read, into the segments that waited for it. */
  private async fillHeader(file: number): Promise<void> {
    if (this.headers[file] === undefined) return
    const header = localHeader(this.entry(file))
    for (let done = 0; done < header.length; ) {
      const { index, at } = placeOf(this.headers[file] + done)
      const step = Math.min(header.length - done, bodyOf(index).length - at)
      await this.put(index, at, header.subarray(done, done + step))
      done += step
    }
  }

  private async file(file: number, size: number): Promise<void> {
    const { name, blob } = this.plan.files[file] as FileInput
    let crc = 0
    let next: Promise<Bytes> | undefined
    for (let at = 0; at < size; ) {
      await this.before()
      // The first stretch ends where a segment ends, so that all later ones are whole segments.
      const room = bodyOf(this.index).length - this.filled
      const length = Math.min(size - at, at === 0 && this.filled ? room : whole(this.index))
      const chunk = await (next ?? read(blob, at, length, name))
      const after = at + chunk.length
      next = after < size ? readAhead(blob, after, Math.min(size - after, whole(this.index + 1)), name) : undefined
      crc = crc32(chunk, crc)
      this.sample(file, at, chunk)
      await this.add(chunk)
      at = after
    }
    this.crcs[file] = crc
  }

  /** Keeps the checksum of one stretch of each file, any of them equally likely, and of the last. */
  private sample(file: number, start: number, chunk: Uint8Array): void {
    const samples = (this.samples[file] ??= {})
    const last = start + chunk.length === (this.plan.files[file] as FileInput).blob.size
    const seen = start / READ + 1
    if (!last && Math.random() * seen >= 1) return
    const sample = { start, length: chunk.length, crc: crc32(chunk) }
    if (last) samples.last = sample
    else samples.any = sample
  }

  private async pad(): Promise<void> {
    const { segments } = this.plan
    while (this.index < segments) {
      await this.before()
      await this.add(ZEROS.subarray(0, bodyOf(this.index).length - this.filled))
    }
  }
}

/** As many whole segments as one read takes, the first having less room. */
function whole(index: number): number {
  const { length } = bodyOf(1)
  return index === 0 ? bodyOf(0).length : Math.floor(READ / length) * length
}

function placeOf(offset: number): { index: number; at: number } {
  const first = bodyOf(0).length
  if (offset < first) return { index: 0, at: offset }
  const { length } = bodyOf(1)
  const index = 1 + Math.floor((offset - first) / length)
  return { index, at: offset - bodyOf(index).start }
}

function readAhead(blob: Blob, at: number, length: number, name: string): Promise<Bytes> {
  const reading = read(blob, at, length, name)
  reading.catch(() => undefined) // whoever awaits it hears of a failure; nobody may, after an abort
  return reading
}

/** A stretch of a file; `file-changed` when the file is gone, was changed or cannot be read any more. */
export async function read(blob: Blob, at: number, length: number, name: string): Promise<Bytes> {
  let data: Bytes
  try {
    data = new Uint8Array(await blob.slice(at, at + length).arrayBuffer())
  } catch (error) {
    const why = error instanceof DOMException ? error.name : 'unreadable'
    throw new Invalid('file-changed', 'a file changed, moved or became unreadable while it was being sealed', { name, why })
  }
  if (data.length !== length) {
    throw new Invalid('file-changed', 'a file changed while it was being sealed', { name, why: 'shorter' })
  }
  return data
}

/** `file-changed` unless each file still reads, at the sampled places, as it was sealed. */
export async function confirmUnchanged(files: readonly FileInput[], samples: readonly Samples[]): Promise<void> {
  for (const [file, { name, blob }] of files.entries()) {
    for (const sample of Object.values(samples[file] ?? {}) as Sample[]) {
      const data = await read(blob, sample.start, sample.length, name)
      if (crc32(data) !== sample.crc) {
        throw new Invalid('file-changed', 'a file changed while it was being sealed', { name, why: 'content' })
      }
    }
  }
}
