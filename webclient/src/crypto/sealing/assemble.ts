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
import { BODY, bodyOf, SEGMENT } from '../stream'
import type { FileInput, PartPlan, Piece } from './plan'
import { checkEmpty, FileReading, read } from './reader'

/** `plain` is lent: what takes it has taken a copy when its promise resolves (as WebCrypto does when called). */
export interface Segment {
  readonly index: number
  readonly plain: Bytes
}

interface Slot {
  readonly buffer: ArrayBuffer
  missing: number
}

/** One stretch of a file and its checksum, to ask later whether the file is still what was sealed. */
interface Sample {
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
  readonly samples: Samples[] = []
  /** Checksums by file, as far as they are known. */
  private readonly crcs: number[] = []
  /** Where the headers stand that wait for their file's checksum. */
  private readonly headers: (number | undefined)[] = []
  private readonly slots = new Map<number, Slot>()
  private readonly spare: ArrayBuffer[] = []
  private index = 0
  private filled = 0

  constructor(
    private readonly plan: PartPlan,
    private readonly pieces: readonly Piece[],
    private readonly emit: (segment: Segment) => Promise<void>,
    private readonly before: () => Promise<void>,
  ) {}

  async run(): Promise<void> {
    for (const [file, { name, blob }] of this.plan.files.entries()) {
      if (this.size(file) > 0) continue
      await checkEmpty(blob, name)
      this.crcs[file] = 0
    }
    for (const piece of this.pieces) await this.take(piece)
    await this.pad()
  }

  private async take(piece: Piece): Promise<void> {
    if (piece.kind === 'file') {
      await this.file(piece.file)
      await this.fillHeader(piece.file)
    } else if (piece.kind === 'bytes') {
      await this.add(piece.bytes)
    } else if (piece.kind === 'directory') {
      await this.add(directory(this.plan.files.map((_, file) => this.entry(file))))
    } else if (this.crcs[piece.file] !== undefined) {
      await this.add(localHeader(this.entry(piece.file)))
    } else {
      this.headers[piece.file] = piece.start
      this.skip(piece.length)
    }
  }

  private input(file: number): FileInput {
    return this.plan.files[file] as FileInput
  }

  private size(file: number): number {
    return this.plan.sizes[file] ?? 0
  }

  private entry(file: number): { name: string; size: number; crc: number } {
    return { name: this.input(file).name, size: this.size(file), crc: this.crcs[file] ?? 0 }
  }

  private slot(index: number): Slot {
    let slot = this.slots.get(index)
    if (!slot) {
      slot = { buffer: this.spare.pop() ?? new ArrayBuffer(SEGMENT), missing: bodyOf(index).length }
      this.slots.set(index, slot)
    }
    return slot
  }

  /** How much room the segment at the reading position has. */
  private get room(): number {
    return bodyOf(this.index).length - this.filled
  }

  private advance(by: number): void {
    this.filled += by
    if (this.room > 0) return
    this.index += 1
    this.filled = 0
  }

  /** `count` bytes of a segment are in place; a segment that misses none goes out. */
  private async placed(index: number, count: number): Promise<void> {
    const slot = this.slot(index)
    slot.missing -= count
    if (slot.missing > 0) return
    this.slots.delete(index)
    await this.emit({ index, plain: new Uint8Array(slot.buffer, 0, bodyOf(index).length) })
    this.spare.push(slot.buffer)
  }

  private async put(index: number, at: number, data: Uint8Array): Promise<void> {
    new Uint8Array(this.slot(index).buffer).set(data, at)
    await this.placed(index, data.length)
  }

  private async add(data: Bytes): Promise<void> {
    for (let rest = data; rest.length; ) {
      const taken = rest.subarray(0, this.room)
      const { index, filled } = this
      this.advance(taken.length)
      rest = rest.subarray(taken.length)
      await this.put(index, filled, taken)
    }
  }

  private skip(length: number): void {
    for (let rest = length; rest > 0; ) {
      const step = Math.min(rest, this.room)
      this.slot(this.index)
      this.advance(step)
      rest -= step
    }
  }

  /** The header of a file that has been read, into the segments that waited for it. */
  private async fillHeader(file: number): Promise<void> {
    const start = this.headers[file]
    if (start === undefined) return
    const header = localHeader(this.entry(file))
    for (let done = 0; done < header.length; ) {
      const { index, at } = placeOf(start + done)
      const step = Math.min(header.length - done, bodyOf(index).length - at)
      await this.put(index, at, header.subarray(done, done + step))
      done += step
    }
  }

  private async file(file: number): Promise<void> {
    const { name, blob } = this.input(file)
    this.crcs[file] = await this.contents(file, new FileReading(blob, name), this.size(file))
  }

  private async contents(file: number, from: FileReading, size: number): Promise<number> {
    let crc = 0
    for (let at = 0; at < size; ) {
      await this.before()
      const { index, filled } = this
      const room = new Uint8Array(this.slot(index).buffer, filled, Math.min(this.room, size - at))
      const count = await from.into(room)
      const chunk = room.subarray(0, count)
      crc = crc32(chunk, crc)
      this.sample(file, at, chunk)
      at += count
      this.advance(count)
      await this.placed(index, count)
    }
    return crc
  }

  /** Keeps the checksum of one stretch of each file, any of them about equally likely, and of the last. */
  private sample(file: number, start: number, chunk: Uint8Array): void {
    const samples = (this.samples[file] ??= {})
    const last = start + chunk.length === this.size(file)
    if (!last && Math.random() * (start + chunk.length) >= chunk.length) return
    samples[last ? 'last' : 'any'] = { start, length: chunk.length, crc: crc32(chunk) }
  }

  private async pad(): Promise<void> {
    while (this.index < this.plan.segments) {
      await this.before()
      const { index, filled, room } = this
      this.advance(room)
      if (filled === 0) await this.emit({ index, plain: ZEROS.subarray(0, room) })
      else await this.put(index, filled, ZEROS.subarray(0, room))
    }
  }
}

function placeOf(offset: number): { index: number; at: number } {
  const first = bodyOf(0).length
  if (offset < first) return { index: 0, at: offset }
  const index = 1 + Math.floor((offset - first) / BODY)
  return { index, at: offset - bodyOf(index).start }
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
