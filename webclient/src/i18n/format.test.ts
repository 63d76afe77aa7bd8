import { describe, expect, it } from 'vitest'
import { bytes, capital, duration, money, when } from './format'

describe('capital numerals', () => {
  it.each([
    ['0', '零元整'],
    ['0.05', '伍分'],
    ['0.50', '伍角整'],
    ['10', '壹拾元整'],
    ['1409.50', '壹仟肆佰零玖元伍角整'],
    ['6007.14', '陆仟零柒元壹角肆分'],
    ['1680.32', '壹仟陆佰捌拾元叁角贰分'],
    ['107000.53', '壹拾万零柒仟元伍角叁分'],
    ['325.04', '叁佰贰拾伍元零肆分'],
    ['39000000.00', '叁仟玖佰万元整'],
    ['100000001', '壹亿零壹元整'],
    ['100000000', '壹亿元整'],
  ])('%s is %s', (amount, text) => expect(capital(amount)).toBe(text))
  it('refuses what is no amount', () => expect(capital('12.345')).toBe(''))
})

describe('money, sizes, times', () => {
  it('never rounds', () => expect(money('1234567.10')).toBe('1,234,567.10'))
  it('writes sizes', () => expect(bytes(8 * 1024 * 1024)).toBe('8.0 MiB'))
  it('writes durations', () => expect([duration(59.2), duration(3723)]).toEqual(['01:00', '1:02:03']))
  it('shows Beijing time', () => expect(when('2026-11-22T16:30:00.000Z')).toBe('2026-11-23 00:30:00'))
})
