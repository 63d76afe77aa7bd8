import { describe, expect, it } from 'vitest'
import { addressOf, filtersOf, queryOf } from './filters'

describe('the list’s address', () => {
  it('comes back as it was', () => {
    const query = { q: '道路', stage: 'receiving', region: 'CN-35', from: '2026-03-01', page: '3' }
    expect(addressOf(filtersOf(query))).toEqual(query)
  })
  it('leaves out what cannot be asked', () => {
    const found = filtersOf({ stage: 'secret', from: 'tomorrow', until: '2026-13-40', page: '-2', order: 'price' })
    expect(addressOf(found)).toEqual({})
  })
  it('asks for whole days in Beijing', () => {
    const asked = queryOf(filtersOf({ from: '2026-03-01', until: '2026-03-01' }))
    expect([asked.get('opensFrom'), asked.get('opensUntil')]).toEqual(['2026-02-28T16:00:00.000Z', '2026-03-01T16:00:00.000Z'])
  })
})
