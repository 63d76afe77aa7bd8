import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sha256hex, unb64 } from '@/crypto/canonical'
import { recompute } from './checkDraw'

const vector = JSON.parse(readFileSync(new URL('../../../../tests/vectors/draws.json', import.meta.url), 'utf8')) as {
  draw: string
  reveals: Record<string, string>
  kHalls: Record<string, string>
  seed: string
}
const candidates = ['0.94', '0.95', '0.96', '0.97', '0.98', '0.99']
const transcript = { label: vector.draw, candidates, reveals: vector.reveals, kHalls: vector.kHalls, seed: vector.seed, counter: 0, index: 1, value: '0.95' }
const commitments = Object.fromEntries(Object.entries(vector.reveals).map(([by, value]) => [by, sha256hex(unb64(value))]))
const announced = { label: vector.draw, candidates, seed: vector.seed, commitments }

describe('a draw computed again', () => {
  it('gives what Python gives', () => {
    expect(recompute(transcript, { ...announced, value: '0.95' })).toEqual({ seed: vector.seed, index: 1, value: '0.95', same: true })
  })
  it.each([
    ['another result was announced', transcript, '0.96'],
    ['an input was changed', { ...transcript, reveals: { ...vector.reveals, agency: vector.reveals.tenderer! } }, '0.95'],
    ['the candidates were reordered', { ...transcript, candidates: [...candidates].reverse() }, '0.95'],
  ])('says so when %s', (_, told, value) => {
    expect(recompute(told, { ...announced, value }).same).toBe(false)
  })
  it('holds every seat to what it had committed to', () => {
    const early = { ...commitments, agency: commitments.tenderer! }
    expect(recompute(transcript, { ...announced, value: '0.95', commitments: early }).same).toBe(false)
    expect(recompute(transcript, { ...announced, value: '0.95', commitments: {} }).same).toBe(false)
  })
  it('does not believe a transcript that agrees with nothing but itself', () => {
    const reveals = { ...vector.reveals, agency: vector.reveals.tenderer! }
    const { seed, index, value } = recompute({ ...transcript, reveals }, announced)
    expect(recompute({ ...transcript, reveals, seed, index, value }, { ...announced, value }).same).toBe(false)
  })
})
