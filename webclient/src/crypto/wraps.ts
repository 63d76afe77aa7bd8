/**
 * K_bidder wrapped for a bad day: 8 slots of one length in the manifest that do not tell whether and to whom they
 * wrap. A passphrase is never wrapped here: it could be searched (docs/formats/sealed-bid.md, key-file.md).
 */
import { type Bytes, compare, concat, random as fresh, type Random, sha256, utf8 } from './bytes'
import type { Context } from './context'
import { Invalid } from './errors'
import { deriveScalar, hpkeOpen, hpkeSeal } from './hpke'
import { pointOf, type PrivateKey, privateFromBytes } from './p256'
import { combine, split } from './shares'
import { HPKE_OVERHEAD } from './suite'

export const SLOTS = 8
const PLAIN = 2 + 32 // threshold, x coordinate (0 for the whole key), 32 bytes
export const SLOT_SIZE = HPKE_OVERHEAD + PLAIN
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ' // Crockford's base32: no I, L, O, U
const CODE_BYTES = 16
const CODE_LENGTH = 28 // 128 bits and a 12-bit check

/** Recovery by trustees named in the tender documents: `k` of these public points together. */
export interface Trustees {
  readonly k: number
  readonly points: readonly Uint8Array[]
}

/** What one slot gives its holder: the whole key (`x` 0) or a share of which `k` are needed. */
export interface Piece {
  readonly k: number
  readonly x: number
  readonly value: Uint8Array
}

export interface Wrapped {
  readonly ctx: Context
  readonly wraps: readonly Uint8Array[]
}

/** A code (恢复码) such as `3RT9-…`: 128 random bits and a check, seven groups of four. */
export const newRecoveryCode = (random: Random = fresh): string => formatCode(random(CODE_BYTES))

export function formatCode(secret: Uint8Array): string {
  let number = 0n
  for (const byte of secret) number = (number << 8n) | BigInt(byte)
  number = (number << 12n) | BigInt(check(secret))
  let symbols = ''
  for (let shift = 5 * (CODE_LENGTH - 1); shift >= 0; shift -= 5) symbols += ALPHABET[Number((number >> BigInt(shift)) & 31n)]
  return symbols.replace(/.{4}(?=.)/g, '$&-')
}

/** The 16 bytes of a code as typed: case, spaces, hyphens, O for 0 and I or L for 1 do not matter. */
export function parseRecoveryCode(code: string): Bytes {
  const plain = code.toUpperCase().replace(/[ \-\t\r\n　]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1')
  if (plain.length !== CODE_LENGTH || [...plain].some((symbol) => !ALPHABET.includes(symbol))) {
    throw new Invalid('bad-recovery-code', 'a recovery code is seven groups of four letters and digits')
  }
  let number = 0n
  for (const symbol of plain) number = (number << 5n) | BigInt(ALPHABET.indexOf(symbol))
  const secret = new Uint8Array(CODE_BYTES)
  for (let i = 0, rest = number >> 12n; i < CODE_BYTES; i += 1, rest >>= 8n) secret[CODE_BYTES - 1 - i] = Number(rest & 255n)
  if (BigInt(check(secret)) !== (number & 0xfffn)) throw new Invalid('bad-recovery-code', 'the code has a typing error')
  return secret
}

function check(secret: Uint8Array): number {
  const digest = sha256(utf8('kaibiao/recovery-code/v1'), secret)
  return (((digest[0] ?? 0) << 8) | (digest[1] ?? 0)) >> 4
}

const recoveryScalar = (ctx: Context, code: string): Bytes => deriveScalar(ctx.derive(parseRecoveryCode(code), 'recovery'))

/** The key pair of a recovery code in one context. */
export const recoveryKey = (ctx: Context, code: string): Promise<PrivateKey> => privateFromBytes(recoveryScalar(ctx, code))

export interface Recipients {
  recipients?: readonly Uint8Array[]
  trustees?: Trustees
}

/** All slots of a manifest, in an order that tells nothing. `recipients` are P-256 points. */
export async function wrapSlots(
  ctx: Context,
  kBidder: Uint8Array,
  code: string,
  { recipients = [], trustees }: Recipients = {},
  random: Random = fresh,
): Promise<Bytes[]> {
  const whole = concat(Uint8Array.of(1, 0), kBidder)
  const wanted: [point: Uint8Array, plain: Uint8Array][] = [
    [pointOf(recoveryScalar(ctx, code)), whole],
    ...recipients.map((point): [Uint8Array, Uint8Array] => [point, whole]),
    ...(trustees ? trusteePieces(kBidder, trustees, random) : []),
  ]
  if (wanted.length > SLOTS) throw new Invalid('too-many-wraps', `a manifest has ${SLOTS} slots`)
  while (wanted.length < SLOTS) wanted.push([pointOf(deriveScalar(random(32))), random(PLAIN)]) // keys nobody has
  const order = wanted
    .map(([point, plain]) => ({ key: concat(random(16), point, plain), point, plain }))
    .sort((a, b) => compare(a.key, b.key))
  const ephemeral = order.map(() => random(32))
  return Promise.all(
    order.map(({ point, plain }, slot) =>
      hpkeSeal(point, plain, { info: info(ctx, slot), ephemeralIkm: ephemeral[slot] ?? random(32) }),
    ),
  )
}

function trusteePieces(kBidder: Uint8Array, { k, points }: Trustees, random: Random): [Uint8Array, Uint8Array][] {
  const coefficients = Array.from({ length: k - 1 }, () => random(kBidder.length))
  const shares = split(kBidder, coefficients, points.map((_, i) => i + 1))
  return points.map((point, i) => {
    const share = shares[i] ?? new Uint8Array()
    return [point, concat(Uint8Array.of(k, share.at(-1) ?? 0), share.subarray(0, -1))]
  })
}

const info = (ctx: Context, slot: number): Bytes => ctx.bound('wrap', { slot })

/** What the slots hold for this key; `no-wrap` when none opens. */
export async function openWrap(wrapped: Wrapped, key: PrivateKey): Promise<Piece> {
  for (const [slot, sealed] of wrapped.wraps.entries()) {
    try {
      const plain = await hpkeOpen(key, sealed, { info: info(wrapped.ctx, slot) })
      return { k: plain[0] ?? 0, x: plain[1] ?? 0, value: plain.subarray(2) }
    } catch (error) {
      if (!(error instanceof Invalid)) throw error
    }
  }
  throw new Invalid('no-wrap', 'no slot of this bid opens with this key or code')
}

/** K_bidder from one whole piece, or from as many trustees' pieces as were asked for; `bad-share`. */
export function combinePieces(pieces: readonly Piece[]): Uint8Array {
  const whole = pieces.find((piece) => piece.x === 0)
  if (whole) return whole.value
  const k = pieces[0]?.k ?? 0
  if (!pieces.length || pieces.some((piece) => piece.k !== k) || pieces.length < k) {
    throw new Invalid('bad-share', 'fewer trustees than the recovery asks for')
  }
  return combine(pieces.map((piece) => concat(piece.value, Uint8Array.of(piece.x))))
}

/** The recovery sheet (恢复单), to be printed and kept apart from the computer. */
export function recoverySheet(ctx: Context, code: string): string {
  return [
    '开标系统 投标恢复单 / Recovery sheet of a sealed bid\n',
    `项目 tender   ${ctx.tender}`,
    `标段 lot      ${ctx.lot}`,
    `投标 bid      ${ctx.bid}`,
    `恢复码 code   ${code}\n`,
    '本码可代替密钥文件解密该投标。请打印后妥善保管，勿与他人分享，勿与电脑存放在一起。',
    'This code opens the bid in place of its key file. Print it; keep it secret and elsewhere.\n',
  ].join('\n')
}
