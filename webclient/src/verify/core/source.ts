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

const TABLE = new Uint32Array(256).map((_, n) => {
  let value = n
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value >>> 0
})

/** CRC-32 as in ZIP; `seed` is the checksum of what came before. */
export function crc32(data: Uint8Array, seed = 0): number {
  let value = ~seed
  for (let at = 0; at < data.length; at += 1) value = TABLE[(value ^ data[at]!) & 0xff]! ^ (value >>> 8)
  return ~value >>> 0
}
