import { describe, expect, it } from 'vitest'
import { termsFaults, termsForm, termsOf, withBenchmarkOf } from './terms'
import type { LotTerms } from './types'

const TERMS: LotTerms = {
  title: '一标段',
  opensAt: '2026-03-23T01:30:00.000Z',
  k: 2,
  officers: [],
  seats: [],
  parts: ['main'],
  form: [],
  estimate: '45000000.00',
  ceiling: null,
  deposit: null,
  benchmark: null,
  supplyUntil: null,
  evaluation: '',
  invited: [],
  rules: { phase_a_seconds: 1200, chat_total: 5 },
  round: 1,
  previous: '',
}

describe('terms as a form', () => {
  it('comes back as it was, rules it does not show included', () => {
    expect(termsOf(termsForm(TERMS), TERMS)).toEqual(TERMS)
  })
  it('takes the type’s form anew when the envelopes change', () => {
    const changed = termsOf({ ...termsForm(TERMS), double: true }, TERMS)
    expect([changed.parts, changed.form]).toEqual([['technical', 'price'], null])
  })
  it('leaves defaults to the rule book', () => {
    const form = termsForm(TERMS)
    form.windows.phase_a_seconds = ''
    expect(termsOf(form, TERMS).rules).toEqual({ chat_total: 5 })
  })
  it('draws from candidates, with the last envelope', () => {
    const form = { ...termsForm(TERMS), double: true, draw: true, candidates: '0.95\n 0.96 \n\n' }
    expect(termsOf(form, TERMS).rules.draw).toMatchObject({ label: 'coefficient', candidates: ['0.95', '0.96'], part: 'price', seats: [] })
  })
  it('is kept without the benchmark, and shown again with the platform’s', () => {
    const typed = termsForm({ ...TERMS, title: '二标段', benchmark: '43800000.00' })
    const kept = withBenchmarkOf(typed, null)
    expect(JSON.stringify(kept)).not.toContain('438')
    expect(withBenchmarkOf(kept, termsForm({ ...TERMS, benchmark: '43900000.00' }))).toMatchObject({ title: '二标段', money: { benchmark: '43900000.00' } })
  })
  it('says what is wrong by field', () => {
    const form = { ...termsForm(TERMS), title: ' ', opensAt: '', draw: true, candidates: '1\n1', witness: 'x' }
    form.money.deposit = '1.234'
    form.windows.phase_a_seconds = '-1'
    expect(termsFaults(form).map((one) => one.id)).toEqual(['lot-name', 'opens-at', 'money-deposit', 'window-phase_a_seconds', 'witness', 'candidates'])
    expect(termsFaults(termsForm(TERMS))).toEqual([])
  })
})
