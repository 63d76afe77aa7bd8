/** Draws anybody can recompute (抽取): coefficients, experts, the order of lots (docs/formats/sealed-bid.md). */
import { type Bytes, concat, readU64, sha256, u64, utf8 } from './bytes'
import { b64, canon } from './canonical'
import { mac } from './suite'

const DRAW_LABEL = 'kaibiao/draw/v1'

const encoded = (values: Readonly<Record<string, Uint8Array>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, b64(value)]))

/** SHA-256 over the draw's name, reveals by seat and K_hall of the admitted set by bid id. */
export function drawSeed(
  draw: string,
  reveals: Readonly<Record<string, Uint8Array>>,
  kHalls: Readonly<Record<string, Uint8Array>>,
): Bytes {
  return sha256(canon({ label: DRAW_LABEL, draw, reveals: encoded(reveals), kHalls: encoded(kHalls) }))
}

/** The `counter`-th draw of a number in 0 … n-1, every number equally likely. */
export function drawIndex(seed: Uint8Array, draw: string, n: bigint | number, counter = 0): bigint {
  const count = BigInt(n)
  const words = 1n << 64n
  if (count < 1n || count > words || counter < 0 || counter >= 2 ** 32) {
    throw new RangeError('n is 1 to 2^64, a counter below 2^32')
  }
  const bound = (words / count) * count
  for (let block = counter; ; block += 2 ** 32) {
    const mixed = mac(seed, concat(utf8(draw), u64(block)))
    for (let at = 0; at < mixed.length; at += 8) {
      const word = readU64(mixed, at)
      if (word < bound) return word % count
    }
  }
}
