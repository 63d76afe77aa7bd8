import { describe, expect, it } from 'vitest'
import { firstOpening, fromLocal, toLocal } from './beijing'

describe('Beijing wall clock', () => {
  it('goes there and back', () => {
    expect(toLocal('2026-03-23T01:30:00.000Z')).toBe('2026-03-23T09:30')
    expect(fromLocal('2026-03-23T09:30')).toBe('2026-03-23T01:30:00.000Z')
    expect(fromLocal('2026-01-01T00:00')).toBe('2025-12-31T16:00:00.000Z')
  })
  it.each(['', 'tomorrow', '2026-13-40T99:99', '2026-03-23'])('refuses %s', (text) => expect(fromLocal(text)).toBeNull())
  it('opens at half past nine of the first lawful day', () => {
    expect(firstOpening('2026-03-22T16:00:00.000Z', 'days')).toBe('2026-03-23T09:30')
    expect(firstOpening('2026-03-22T01:30:10.000Z', 'seconds')).toBe('2026-03-22T09:32')
  })
})
