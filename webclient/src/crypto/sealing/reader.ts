/** Reading a file once, from beginning to end. */
import type { Bytes } from '../bytes'
import { Invalid } from '../errors'

/** Asked for at once, and how many of them beside the one in use: little memory, and the disk is never waited for. */
const SLICE = 2 << 20
const AHEAD = 2

/**
 * The bytes of a file, in order, slice by slice.
 *
 * Not by `Blob.stream()`: reading 2 GiB through it stopped for good in one of two runs (Chromium 156, a pending
 * `read` of a byte stream that never answers).
 */
export class FileReading {
  private asked = 0
  private slice: Bytes = new Uint8Array(0)
  private readonly ahead: Promise<Bytes>[] = []

  constructor(
    private readonly blob: Blob,
    private readonly name: string,
  ) {}

  /** As many bytes as are at hand, at least one, into `target`; how many. `file-changed` as for `read`. */
  async into(target: Uint8Array): Promise<number> {
    if (!this.slice.length) {
      // The next slices come while this one is sealed.
      while (this.ahead.length <= AHEAD && this.asked < this.blob.size) this.ahead.push(this.ask())
      this.slice = await (this.ahead.shift() ?? this.ask())
    }
    const taken = this.slice.subarray(0, target.length)
    target.set(taken)
    this.slice = this.slice.subarray(taken.length)
    return taken.length
  }

  private ask(): Promise<Bytes> {
    const from = this.asked
    this.asked = Math.min(from + SLICE, this.blob.size)
    const asked = read(this.blob, from, this.asked - from, this.name)
    // Told where it is awaited; nobody may come for it when sealing ended otherwise.
    asked.catch(() => undefined)
    return asked
  }
}

/** A stretch of a file. `file-changed` where the file is gone, was changed or cannot be read any more. */
export async function read(blob: Blob, at: number, length: number, name: string): Promise<Bytes> {
  const data = new Uint8Array(await readable(name, () => blob.slice(at, at + length).arrayBuffer()))
  if (data.length !== length || !length) throw shorter(name)
  return data
}

/** Browsers give a file that is gone the size 0: an empty one must still be there to be read. */
export async function checkEmpty(blob: Blob, name: string): Promise<void> {
  const data = await readable(name, () => blob.arrayBuffer())
  if (data.byteLength) throw new Invalid('file-changed', 'a file changed while it was being sealed', { name, why: 'longer' })
}

const shorter = (name: string): Invalid =>
  new Invalid('file-changed', 'a file changed while it was being sealed', { name, why: 'shorter' })

async function readable<T>(name: string, reads: () => Promise<T>): Promise<T> {
  try {
    return await reads()
  } catch (error) {
    const why = error instanceof DOMException ? error.name : 'unreadable'
    throw new Invalid('file-changed', 'a file changed, moved or became unreadable while it was being sealed', { name, why })
  }
}
