/** CRC-32 (IEEE 802.3, as in ZIP), sixteen bytes at a time: sealing waits for nothing else on this thread. */

const TABLES = 16
const table = new Uint32Array(TABLES * 256)
for (let value = 0; value < 256; value += 1) {
  let crc = value
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  table[value] = crc
}
for (let at = 256; at < TABLES * 256; at += 1) {
  const before = table[at - 256] ?? 0
  table[at] = (before >>> 8) ^ (table[before & 0xff] ?? 0)
}

/** The checksum of all bytes so far, given that of the bytes before. */
export function crc32(data: Uint8Array, before = 0): number {
  let crc = ~before
  let at = 0
  const lead = Math.min((4 - (data.byteOffset & 3)) & 3, data.length)
  for (; at < lead; at += 1) crc = (crc >>> 8) ^ (table[(crc ^ data[at]!) & 0xff]!)
  const words = new Uint32Array(data.buffer, data.byteOffset + at, (data.length - at) >>> 2)
  const whole = words.length & ~3
  if (LITTLE) {
    for (let i = 0; i < whole; i += 4) {
      const a = words[i]! ^ crc
      const b = words[i + 1]!
      const c = words[i + 2]!
      const d = words[i + 3]!
      crc =
        table[3840 + (a & 255)]! ^ table[3584 + ((a >>> 8) & 255)]! ^ table[3328 + ((a >>> 16) & 255)]! ^ table[3072 + (a >>> 24)]! ^
        table[2816 + (b & 255)]! ^ table[2560 + ((b >>> 8) & 255)]! ^ table[2304 + ((b >>> 16) & 255)]! ^ table[2048 + (b >>> 24)]! ^
        table[1792 + (c & 255)]! ^ table[1536 + ((c >>> 8) & 255)]! ^ table[1280 + ((c >>> 16) & 255)]! ^ table[1024 + (c >>> 24)]! ^
        table[768 + (d & 255)]! ^ table[512 + ((d >>> 8) & 255)]! ^ table[256 + ((d >>> 16) & 255)]! ^ table[d >>> 24]! // prettier-ignore
    }
    at += whole * 4
  }
  for (; at < data.length; at += 1) crc = (crc >>> 8) ^ (table[(crc ^ data[at]!) & 0xff]!)
  return ~crc >>> 0
}

const LITTLE = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1
