import { describe, expect, it } from 'vitest'
import { isCreditCode, isMoney, tidyCode, tidyMoney } from './checks'

describe('credit codes', () => {
  it.each(['91350100M000100Y43', '91350211M000100Y46'])('takes %s', (code) => expect(isCreditCode(code)).toBe(true))
  it.each(['', '91350100M000100Y44', '91350100M000100I43', '91350100m000100y43'])('refuses %s', (code) => expect(isCreditCode(code)).toBe(false))
  it('tidies what was pasted', () => expect(tidyCode(' 9135 0100M000100y43 ')).toBe('91350100M000100Y43'))
})

describe('amounts', () => {
  it.each([
    ['45,000,000', '45000000'],
    ['￥4500000.5元', '4500000.5'],
    ['4500万', '45000000'],
    ['0.5万', '5000'],
    ['１２３', '123'],
  ])('%s is %s', (typed, plain) => expect(tidyMoney(typed)).toBe(plain))
  it('knows what is none', () => expect([isMoney('1.234'), isMoney('-1'), isMoney('')]).toEqual([false, false, false]))
})
