import { describe, expect, it } from 'vitest'
import { bits, ENOUGH, suggestPassphrase } from './strength'

describe('passphrase strength', () => {
  it.each(['', 'a', '12345678901234567890', 'aaaaaaaaaaaaaaaaaaaaaaaa', 'kaibiao-demo', 'password123456', 'abcdefghijklmnop', 'abababababababababab'])(
    'refuses %s',
    (weak) => expect(bits(weak)).toBeLessThan(ENOUGH),
  )
  it.each(['滨河路桥梁春雨夜归', 'Jade-Tiger7-lamp', 'correct horse battery staple', '2k9f-x7pm-q4wz-tt8c-9hre'])('takes %s', (strong) =>
    expect(bits(strong)).toBeGreaterThanOrEqual(ENOUGH),
  )
  it('suggests what it would take', () => {
    const made = suggestPassphrase()
    expect(made).toMatch(/^([2-9a-hjkmnp-z]{4}-){4}[2-9a-hjkmnp-z]{4}$/)
    expect(bits(made)).toBeGreaterThanOrEqual(ENOUGH)
    expect(suggestPassphrase()).not.toBe(made)
  })
})
