import { describe, expect, it } from 'vitest'
import type { SeatView } from '../wire'
import { peopleOf } from './people'

const seat = (role: SeatView['role'], name: string, organisation: string, more: Partial<SeatView> = {}): SeatView => ({ role, name, organisation, host: false, ...more })

describe('officials as people', () => {
  it('puts the seats of one person together', () => {
    const people = peopleOf({
      'host:p_1': seat('deputy', '甲', '代理机构', { host: true }),
      'officer:agency': seat('officer', '甲', '甲', { signedInAt: '2026-11-22T00:00:00.000Z' }),
      'officer:tenderer': seat('officer', '乙', '招标人'),
      'tenderer:p_2': seat('tenderer', '乙', ''),
    })
    expect(people.map(({ name, organisation, roles, present }) => [name, organisation, roles, present])).toEqual([
      ['甲', '代理机构', ['host', 'officer'], true],
      ['乙', '招标人', ['officer', 'tenderer'], false],
    ])
  })
  it('calls one person host at a time, whoever the notice named', () => {
    const people = peopleOf({ 'host:p_1': seat('host', '甲', '一'), 'deputy:p_2': seat('deputy', '乙', '二', { host: true }) })
    expect(people.map(({ roles }) => roles)).toEqual([['deputy'], ['host']])
  })
  it('keeps namesakes of two organisations apart', () => {
    expect(peopleOf({ a: seat('officer', '甲', '一'), b: seat('officer', '甲', '二') })).toHaveLength(2)
    expect(peopleOf(undefined)).toEqual([])
  })
})
