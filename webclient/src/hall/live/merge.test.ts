import { describe, expect, it } from 'vitest'
import { merge, share } from './merge'

describe('merge patches', () => {
  it.each([
    // RFC 7386, appendix A.
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [['a', 'b'], ['c', 'd'], ['c', 'd']],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j + %j', (document, patch, wanted) => expect(merge(document, patch)).toEqual(wanted))

  it('leaves untouched parts the same objects and changes no argument', () => {
    const before = { bids: { a: { n: 1 }, b: { n: 2 } }, hall: { title: 'x' } }
    const after = merge(before, { bids: { b: { n: 3 } } }) as typeof before
    expect(before.bids.b.n).toBe(2)
    expect(after.bids.b.n).toBe(3)
    expect(after.hall).toBe(before.hall)
    expect(after.bids.a).toBe(before.bids.a)
    expect(merge(before, {})).toBe(before)
    expect(merge(before, { bids: { a: { n: 1 } } })).toBe(before)
  })

  it('takes a member called __proto__ for nothing', () => {
    const merged = merge({}, JSON.parse('{"__proto__":{"polluted":true}}')) as Record<string, unknown>
    expect(merged.polluted).toBeUndefined()
  })
})

describe('a whole view that comes again', () => {
  const before = { hall: { title: 'x', parts: ['main'] }, bids: { a: { n: 1 }, b: { n: 2 } } }

  it('is the old one when nothing changed', () => {
    expect(share(before, JSON.parse(JSON.stringify(before)))).toBe(before)
  })

  it('differs only where it differs', () => {
    const after = share(before, { hall: { title: 'x', parts: ['main'] }, bids: { a: { n: 1 }, b: { n: 3 }, c: {} } })
    expect(after).toEqual({ hall: { title: 'x', parts: ['main'] }, bids: { a: { n: 1 }, b: { n: 3 }, c: {} } })
    expect(after.hall).toBe(before.hall)
    expect(after.bids.a).toBe(before.bids.a)
    expect(share({ list: [1, 2] }, { list: [1] }).list).toEqual([1])
  })
})
