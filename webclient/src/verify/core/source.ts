/** A file that is read in pieces: archives of gigabytes never stand in memory. */
export interface Source {
  readonly size: number
  /** At most `size` bytes from `offset` on; nothing outside the file. */
  read(offset: number, size: number): Promise<Uint8Array>
}

export function blobSource(blob: Blob): Source {
  return {
    size: blob.size,
    read: async (offset, size) => {
      if (offset < 0 || size <= 0 || offset >= blob.size) return new Uint8Array()
      return new Uint8Array(await blob.slice(offset, Math.min(offset + size, blob.size)).arrayBuffer())
    },
  }
}
