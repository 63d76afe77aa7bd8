import { describe, expect, it } from 'vitest'
import type { FormField } from '../lot/package'
import { checkForm, doubtsAbout, tidyNumber } from './rules'

const field = (name: string, kind: FormField['kind'], more: Partial<FormField> = {}): FormField => ({
  name, kind, zh: name, en: name, required: true, unit: '', choices: [], part: 'main', ...more,
})
const one = (kind: FormField['kind'], value: string, more: Partial<FormField> = {}): string | undefined =>
  checkForm({ f: value }, [field('f', kind, more)]).faults[0]?.fault

describe('the form as it is sealed', () => {
  it.each([
    ['money', '4680000.00'], ['money', '0'], ['money', '999999999999999.99'], ['ratio', '-3.5'], ['integer', '180'],
    ['date', '2028-02-29'], ['text', '合格'],
  ] as const)('takes %s %s', (kind, value) => expect(one(kind, value)).toBeUndefined())
  it.each([
    ['money', '4,680,000', 'money-separators'], ['money', '1.234', 'money-cents'], ['money', '01', 'money'], ['money', '-1', 'money'],
    ['money', '１２', 'money'], ['money', '1e6', 'money'], ['ratio', '5%', 'ratio'], ['integer', '1.5', 'integer'],
    ['date', '2027-02-29', 'date'], ['date', '2027-2-9', 'date'], ['text', 'x'.repeat(2001), 'too-long'], ['text', '  ', 'missing'],
  ] as const)('refuses %s %s', (kind, value, fault) => expect(one(kind, value)).toBe(fault))
  it('takes only the choices', () => {
    expect(one('choice', '甲', { choices: ['甲', '乙'] })).toBeUndefined()
    expect(one('choice', '丙', { choices: ['甲', '乙'] })).toBe('choice')
  })
  it('leaves out what is optional and empty, and normalises text', () => {
    const fields = [field('a', 'text', { required: false }), field('b', 'text')]
    expect(checkForm({ a: '', b: ' e\u0301 ' }, fields)).toEqual({ form: { b: 'é' }, faults: [] })
  })
})

describe('numbers as people type them', () => {
  it.each([
    ['¥4,680,000.50', '4680000.50'], ['４６８００００．００', '4680000.00'], [' 007 ', '7'], ['.5', '0.5'], ['12.', '12'],
    ['5％', '5'], ['468万', '468万'],
  ])('%s becomes %s', (typed, spelt) => expect(tidyNumber(typed)).toBe(spelt))
})

describe('doubts', () => {
  const price = [field('price', 'money')]
  it.each([
    ['5000000.00', undefined], ['5000000.01', 'over-ceiling'], ['468', 'far-below-ceiling'], ['0', 'zero'],
  ])('%s under a ceiling of five million: %s', (value, doubt) =>
    expect(doubtsAbout({ price: value }, price, '5000000.00', '2026-01-01')[0]?.doubt).toBe(doubt))
  it('has none without a ceiling', () => expect(doubtsAbout({ price: '468' }, price, '', '2026-01-01')).toEqual([]))
})
