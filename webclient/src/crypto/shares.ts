/**
 * Shamir's secret sharing over GF(2^8), the field of AES, in the layout of npm `shamir-secret-sharing`: a byte of
 * polynomial value for each byte of the secret, then x. The polynomials come from the caller (see `dealing.ts`).
 */
import { type Bytes, concat } from './bytes'
import { Invalid } from './errors'

export const MAX_SEATS = 64

const EXP = new Uint8Array(510)
const LOG = new Uint8Array(256)
for (let power = 0, value = 1; power < 255; power += 1) {
  EXP[power] = EXP[power + 255] = value
  LOG[value] = power
  value ^= (value << 1) ^ (value & 0x80 ? 0x11b : 0) // times the generator x + 1
}

function times(data: Uint8Array, factor: number): Bytes {
  const log = LOG[factor] ?? 0
  return Uint8Array.from(data, (value) => (value === 0 ? 0 : (EXP[(LOG[value] ?? 0) + log] ?? 0)))
}

const plus = (left: Uint8Array, right: Uint8Array): Bytes => Uint8Array.from(left, (value, i) => value ^ (right[i] ?? 0))

/** The shares of `secret` at the points `xs`; `coefficients` are those of the powers 1 … k-1. */
export function split(secret: Uint8Array, coefficients: readonly Uint8Array[], xs: readonly number[]): Bytes[] {
  if (new Set(xs).size !== xs.length || xs.some((x) => x < 1 || x > 255) || xs.length <= coefficients.length) {
    throw new RangeError('points must be distinct, within 1..255, and as many as the threshold')
  }
  if (!secret.length || coefficients.some((each) => each.length !== secret.length)) {
    throw new RangeError('the secret and its coefficients must have one length')
  }
  const highestFirst = [secret, ...coefficients].reverse()
  return xs.map((x) => {
    let value: Bytes = new Uint8Array(secret.length)
    for (const coefficient of highestFirst) value = plus(times(value, x), coefficient) // Horner
    return concat(value, Uint8Array.of(x))
  })
}

/** The secret on the polynomial through `shares`; `bad-share` when lengths differ or two stand at one point. */
export function combine(shares: readonly Uint8Array[]): Bytes {
  const size = shares[0]?.length ?? 0
  if (size < 2 || shares.some((share) => share.length !== size)) {
    throw new Invalid('bad-share', 'shares must be present and of one length')
  }
  const xs = shares.map((share) => share[size - 1] ?? 0)
  if (xs.includes(0) || new Set(xs).size !== xs.length) throw new Invalid('bad-share', 'two shares stand at the same point')
  let secret: Bytes = new Uint8Array(size - 1)
  shares.forEach((share, i) => {
    const x = xs[i] ?? 0
    // Lagrange's basis polynomial at 0: the product over the others of x_j / (x_j + x_i)
    let power = 0
    for (const other of xs) if (other !== x) power += (LOG[other] ?? 0) - (LOG[other ^ x] ?? 0) + 255
    secret = plus(secret, times(share.subarray(0, -1), EXP[power % 255] ?? 0))
  })
  return secret
}
