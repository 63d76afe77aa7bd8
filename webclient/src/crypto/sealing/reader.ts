/** Reading a file once, from beginning to end, straight into the buffers it is sealed from. */
import type { Bytes } from '../bytes'
import { Invalid } from '../errors'

/** At most this much is asked for where the browser cannot fill a given buffer. */
const SLICE = 4 << 20

/** Fills buffers with the bytes of a file, in order. A buffer given is a buffer given away: go on with the answer. */
export interface FileReading {
  /** As many bytes as are at hand, at least one, into `buffer` from `at` to `end`; the buffer in its new guise. */
  into(buffer: ArrayBuffer, at: number, end: number): Promise<{ buffer: ArrayBuffer; count: number }>
  cancel(): void
}

/** `file-changed` where the file is gone, was changed or cannot be read any more. */
export function reading(blob: Blob, name: string): FileReading {
  let reader: ReadableStreamBYOBReader
  try {
    reader = blob.stream().getReader({ mode: 'byob' })
  } catch {
    return slices(blob, name)
  }
  return {
    async into(buffer, at, end) {
      const { value, done } = await readable(name, () => reader.read(new Uint8Array(buffer, at, end - at)))
      if (done || !value.length) throw shorter(name)
      return { buffer: value.buffer, count: value.length }
    },
    cancel: () => void reader.cancel().catch(() => undefined),
  }
}

/** For browsers whose files give no byte stream: slices of a few MiB, copied. */
function slices(blob: Blob, name: string): FileReading {
  let from = 0
  let chunk: Bytes = new Uint8Array(0)
  return {
    async into(buffer, at, end) {
      if (!chunk.length) {
        chunk = await read(blob, from, Math.min(SLICE, blob.size - from), name)
        from += chunk.length
      }
      const taken = chunk.subarray(0, end - at)
      new Uint8Array(buffer).set(taken, at)
      chunk = chunk.subarray(taken.length)
      return { buffer, count: taken.length }
    },
    cancel: () => undefined,
  }
}

/** A stretch of a file. */
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
