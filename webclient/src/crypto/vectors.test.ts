import { describe, expect, it } from 'vitest'
import {
  b64, canon, Context, type ContextValue, drawIndex, drawSeed, formatCode, hex, IDENTITY, Invalid, type Json,
  parseCanonical, parseContext, parseRecoveryCode, pointOf, privateFromBytes, unb64, unhex, utf8, verifyStatement, signStatement,
} from './index' // prettier-ignore
import { deal, dealShares, envelopeInfo, openEnvelope, type Seat } from './dealing'
import { bidderCommit, bidderPartKeyIn, dataKey, identityBoxKey, identityCommit, keyCommit } from './keys'
import { combine, split } from './shares'
import { bucketSegments, merkleRoot, StreamOpener, StreamSealer, bodyOf } from './stream'
import { encodeStatement } from './statements'
import { combinePieces, recoveryKey } from './wraps'
import { vector } from './vectors'

const context = (value: ContextValue): Context => parseContext(value)

/** The code of the refusal, or what came instead. */
export async function refusal(read: () => unknown): Promise<string> {
  try {
    await read()
  } catch (error) {
    return error instanceof Invalid ? error.code : String(error)
  }
  return 'accepted'
}

describe('canonical JSON', () => {
  const { accepted, refused } = vector<{ accepted: { value: Json; utf8: string }[]; refused: { why: string; utf8: string }[] }>('canonical')

  it.each(accepted)('writes $utf8', ({ value, utf8: bytes }) => {
    expect(hex(canon(value))).toBe(bytes)
    expect(parseCanonical(unhex(bytes), 1 << 20)).toEqual(value)
  })

  it.each(refused)('refuses: $why', async ({ utf8: bytes }) => {
    expect(await refusal(() => parseCanonical(unhex(bytes), 1 << 20))).toBe('not-canonical')
  })

  it('refuses what JavaScript would round or drop', async () => {
    for (const value of [0.5, 2 ** 53, NaN, '\ud800', 'e\u0301', { 价: 1 }, { a: undefined as unknown as Json }]) {
      expect(await refusal(() => canon(value as Json))).toBe('not-canonical')
    }
    let deep: Json = []
    for (let i = 0; i < 40; i += 1) deep = [deep]
    expect(await refusal(() => canon(deep))).toBe('not-canonical')
  })

  it('reads base64url and hex in one spelling only', async () => {
    for (const text of ['A', 'AA==', 'AB', 'a+b_', 'AA\n']) expect(await refusal(() => unb64(text))).toBe('bad-base64')
    for (const text of ['0', 'AA', 'zz']) expect(await refusal(() => unhex(text))).toBe('bad-hex')
    expect(b64(unb64('-_8'))).toBe('-_8')
  })
})

describe('derivations', () => {
  const v = vector<Record<string, string> & { ctx: ContextValue }>('derivations')
  const ctx = context(v.ctx as unknown as ContextValue)
  const part = v.part!
  const partKey = unhex(v.kBidderPart)
  const hall = unhex(v.kHall)

  it('gives every key and commitment of the table', () => {
    expect(ctx.hash()).toBe(v.ctxHash)
    expect(ctx.bound('content', { part })).toEqual(utf8(v.bound!))
    expect(hex(bidderPartKeyIn(ctx, unhex(v.kBidder), part))).toBe(v.kBidderPart)
    expect(bidderCommit(ctx, part, partKey)).toBe(v.bidderCommit)
    expect(hex(dataKey(ctx, part, partKey, hall))).toBe(v.dek)
    expect(keyCommit(ctx, part, partKey, hall)).toBe(v.keyCommit)
    expect(hex(identityBoxKey(ctx, unhex(v.kIdentity)))).toBe(v.identityBoxKey)
    expect(identityCommit(ctx, unhex(v.kIdentity))).toBe(v.identityCommit)
  })
})

describe('shares', () => {
  it('splits as Python does', () => {
    const v = vector<{ secret: string; coefficients: string[]; shares: string[] }>('split')
    const shares = split(unhex(v.secret), v.coefficients.map((each) => unhex(each)), [1, 2, 3, 200, 255])
    expect(shares.map(hex)).toEqual(v.shares)
    expect(hex(combine([shares[4]!, shares[0]!, shares[2]!]))).toBe(v.secret)
  })

  it('reads what npm shamir-secret-sharing split', () => {
    for (const { secret, k, shares } of vector<{ secret: string; k: number; shares: string[] }[]>('npm-shares')) {
      expect(hex(combine(shares.slice(-k).map((each) => unhex(each))))).toBe(secret)
    }
  })

  it('refuses shares at one point or of two lengths', async () => {
    const share = new Uint8Array([1, 2, 3])
    expect(await refusal(() => combine([share, share]))).toBe('bad-share')
    expect(await refusal(() => combine([share, new Uint8Array([1, 2])]))).toBe('bad-share')
    expect(await refusal(() => combine([]))).toBe('bad-share')
  })
})

interface DealingVector {
  ctx: ContextValue
  purpose: string
  k: number
  secret: string
  seats: { index: number; seat: string; private: string; openingKey: string; share: string; info: string; commit: string; envelope: string }[]
}

describe('dealing', () => {
  const v = vector<DealingVector>('dealing')
  const ctx = context(v.ctx)
  const seats: Seat[] = v.seats.map(({ index, seat, openingKey }) => ({ index, seat, openingKey: unhex(openingKey) }))

  it('gives the same shares, commitments and envelopes', async () => {
    expect(dealShares(ctx, v.purpose, unhex(v.secret), v.k, seats).map(hex)).toEqual(v.seats.map(({ share }) => share))
    const dealt = await deal(ctx, v.purpose, unhex(v.secret), v.k, seats)
    for (const each of v.seats) {
      expect(dealt.get(each.index)?.commit).toBe(each.commit)
      expect(hex(dealt.get(each.index)!.envelope)).toBe(each.envelope)
      expect(hex(pointOf(unhex(each.private)))).toBe(each.openingKey)
    }
  })

  it.each(v.seats)('opens the envelope of $seat, and no other key does', async (each) => {
    const seat = seats[each.index - 1]!
    expect(envelopeInfo(ctx, v.purpose, seat)).toEqual(utf8(each.info))
    const dealt = { commit: each.commit, envelope: unhex(each.envelope) }
    const key = await privateFromBytes(unhex(each.private))
    expect(hex(await openEnvelope(ctx, v.purpose, seat, dealt, key))).toBe(each.share)
    const other = await privateFromBytes(unhex(v.seats[each.index % 3]!.private))
    expect(await refusal(() => openEnvelope(ctx, v.purpose, seat, dealt, other))).toBe('envelope-mismatch')
    expect(await refusal(() => openEnvelope(ctx, IDENTITY, seat, dealt, key))).toBe('envelope-mismatch')
  })
})

describe('recovery', () => {
  const v = vector<{ codes: { secret: string; code: string }[]; ctx: ContextValue; publicKey: string }>('recovery')

  it.each(v.codes)('writes and reads $code', async ({ secret, code }) => {
    expect(formatCode(unhex(secret))).toBe(code)
    expect(hex(parseRecoveryCode(` ${code.toLowerCase().replace(/0/g, 'o').replace(/1/g, 'l')}`))).toBe(secret)
    const wrong = code.slice(0, -1) + (code.endsWith('0') ? '1' : '0')
    expect(await refusal(() => parseRecoveryCode(wrong))).toBe('bad-recovery-code')
  })

  it('gives the key pair of a code in its context', async () => {
    expect(hex((await recoveryKey(context(v.ctx), v.codes[2]!.code)).point)).toBe(v.publicKey)
  })

  it('wants as many trustees as were asked for', async () => {
    expect(await refusal(() => combinePieces([{ k: 2, x: 1, value: new Uint8Array(32) }]))).toBe('bad-share')
  })
})

describe('draws', () => {
  const v = vector<{ draw: string; reveals: Record<string, string>; kHalls: Record<string, string>; seed: string; indices: { n: number; counter: number; index: string }[] }>('draws')
  const bytes = (values: Record<string, string>) => Object.fromEntries(Object.entries(values).map(([k, value]) => [k, unb64(value)]))
  const seed = drawSeed(v.draw, bytes(v.reveals), bytes(v.kHalls))

  it('gives seed and indices', () => {
    expect(hex(seed)).toBe(v.seed)
    for (const { n, counter, index } of v.indices) {
      // JSON rounds 2^63 + 1 to 2^63; the file means the odd number.
      const exact = n === 2 ** 63 ? 2n ** 63n + 1n : BigInt(n)
      expect(String(drawIndex(seed, v.draw, exact, counter))).toBe(index)
    }
  })
})

describe('stream', { timeout: 30_000 }, () => {
  const v = vector<Record<string, string> & { size: number; buckets: [number, number][] }>('stream')

  it('is the very ciphertext', async () => {
    const sealer = await StreamSealer.of(unhex(v.key), unhex(v.associatedData), {
      segments: 2,
      salt: unhex(v.salt),
      prefix: unhex(v.noncePrefix),
    })
    const first = new Uint8Array(bodyOf(0).length)
    first.set(utf8('kaibiao'))
    const sealed = [await sealer.seal(0, first), await sealer.seal(1, new Uint8Array(bodyOf(1).length))]
    const bytes = new Uint8Array(await new Blob(sealed.map((each) => each.bytes)).arrayBuffer())
    expect(bytes.length).toBe(v.size)
    expect(hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))).toBe(v.sha256)
    expect(hex(merkleRoot(sealed.map((each) => each.leaf)))).toBe(v.root)
    const opener = await StreamOpener.of(unhex(v.key), unhex(v.associatedData), sealed[0]!.bytes, bytes.length)
    expect(await opener.open(0, sealed[0]!.bytes)).toEqual(first)
    sealed[1]!.bytes[77]! ^= 1
    expect(await refusal(() => opener.open(1, sealed[1]!.bytes))).toBe('bad-ciphertext')
  })

  it.each(v.buckets as unknown as [number, number][])('pads %i bytes to %i segments', (size, segments) => {
    expect(bucketSegments(size)).toBe(segments)
  })
})

describe('statements', () => {
  const v = vector<{ private: string; public: string; statement: Record<string, string>; utf8: string; signature: string }>('statement')

  it('verifies the golden signature and its own', async () => {
    expect(encodeStatement(v.statement)).toEqual(utf8(v.utf8))
    await verifyStatement(unhex(v.public), v.statement, v.signature)
    await verifyStatement(unhex(v.public), v.statement, await signStatement(unhex(v.private), v.statement))
    const other = { ...v.statement, lot: 'l_2' }
    expect(await refusal(() => verifyStatement(unhex(v.public), other, v.signature))).toBe('bad-signature')
    expect(await refusal(() => encodeStatement({ label: 'kaibiao/withdraw/v1', lot: 'l' }))).toBe('bad-statement')
    expect(await refusal(() => encodeStatement({ lot: 'l' }))).toBe('bad-statement')
  })
})
