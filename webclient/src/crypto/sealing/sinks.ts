/** Where ciphertext is kept until it is uploaded: a file in the browser's own file system (OPFS). */
import { Invalid } from '../errors'
import { SEGMENT } from '../stream'
import type { SegmentSink } from './part'

/** The part of the standard's FileSystemSyncAccessHandle that is used; it exists in workers only. */
interface SyncAccess {
  write(data: Uint8Array<ArrayBuffer>, options: { at: number }): number
  truncate(size: number): void
  flush(): void
  close(): void
}

export interface FileSink extends SegmentSink {
  /** Makes the bytes durable and lets others open the file. */
  close(): void
}

/** A sink into a file of the browser's file system; `no-room` when the browser grants no more space. */
export async function opfsSink(folder: FileSystemDirectoryHandle, name: string, size: number): Promise<FileSink> {
  const handle = await folder.getFileHandle(name, { create: true })
  const open = (handle as unknown as { createSyncAccessHandle(): Promise<SyncAccess> }).createSyncAccessHandle
  const access = await open.call(handle)
  try {
    access.truncate(size) // asks for all the room before any work is done
  } catch (error) {
    access.close()
    throw noRoom(error)
  }
  return {
    write(index, segment) {
      try {
        if (access.write(segment, { at: index * SEGMENT }) !== segment.length) throw new DOMException('', 'QuotaExceededError')
      } catch (error) {
        throw noRoom(error)
      }
    },
    close() {
      access.flush()
      access.close()
    },
  }
}

function noRoom(error: unknown): unknown {
  const quota = error instanceof DOMException && (error.name === 'QuotaExceededError' || error.name === 'NoModificationAllowedError')
  return quota ? new Invalid('no-room', 'the browser grants this site no more space') : error
}

/** A sink that keeps nothing: for the root alone, before the bytes go up in a second sealing. */
export const droppingSink: SegmentSink = { write: () => undefined }

/** The header value of RFC 9530 for a piece of an upload. */
export async function contentDigest(piece: Blob | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = piece instanceof Blob ? await piece.arrayBuffer() : piece
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return `sha-256=:${btoa(String.fromCharCode(...digest))}:`
}
