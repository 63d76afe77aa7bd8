import { describe, expect, test } from 'vitest'
import type { HallMine, HallView } from '../wire'
import { deputies, duties, undecided } from './duty'

const view = (more: Partial<HallView> = {}): HallView => ({ phase: 'DECRYPTING', ...more }) as HallView
const mine = (role: string, may: string[], more: Partial<HallMine> = {}): HallMine => ({ seat: `${role}:x`, role, may, ...more }) as HallMine
const keys = (v: HallView, m: HallMine, at = 0): string[] => duties(v, m, at).now.map((one) => one.key)

describe('duties', () => {
  test('nothing is offered that the server does not allow', () => {
    expect(duties(view(), mine('bidder', []), 0)).toEqual({ now: [], more: [] })
  })

  test('a bidder releases before anything else', () => {
    expect(keys(view(), mine('bidder', ['SignIn', 'ReleaseKey', 'RaiseObjection']))).toEqual(['decrypt', 'sign-in'])
  })

  test('the public may release by recovery code, and is not asked to', () => {
    const found = duties(view(), mine('public', ['ReleaseKey']), 0)
    expect(found.now).toEqual([])
    expect(found.more.map((one) => one.key)).toEqual(['release-by-code'])
  })

  test('one person serves all of its seats, and signs in to them once', () => {
    const both = mine('host', ['SignIn'], { seats: { 'officer:agency': { role: 'officer', may: ['SignIn', 'SignAdmitted'] } } })
    expect(duties(view(), both, 0).now).toEqual([
      { key: 'sign-admitted', seat: 'officer:agency' },
      { key: 'sign-in', seat: 'host:x' },
    ])
  })

  test('an open failure comes before everything else of the host; afterwards it may be put right', () => {
    const host = mine('host', ['Adjudicate', 'FixAdmitted'])
    expect(keys(view({ undecided: ['b_1'] }), host)).toEqual(['adjudicate', 'fix-admitted'])
    expect(duties(view(), host, 0).more.map((one) => one.key)).toEqual(['review-causes'])
  })

  test('objections are closed after their time only', () => {
    const open = view({ phase: 'OBJECTION', deadline: '2026-11-22T08:00:00.000Z' })
    const host = mine('host', ['CloseObjections'])
    expect(keys(open, host, Date.parse('2026-11-22T07:59:00.000Z'))).toEqual([])
    expect(keys(open, host, Date.parse('2026-11-22T08:00:01.000Z'))).toEqual(['close-objections'])
  })

  test('late, only the seat whose seal is wanted signs in', () => {
    const record = { sealFor: 'host:x', signed: {}, sealed: {}, missing: [], size: 1, signingClosed: true, sealSigned: false }
    const host = mine('host', ['SignIn'])
    expect(keys(view({ phase: 'SEALING', record } as Partial<HallView>), host)).toEqual(['sign-in'])
    expect(keys(view({ phase: 'RECORDED' }), host)).toEqual([])
  })

  test('what waits for more officers is undecided as well', () => {
    const bids = { b_1: { waiting: 'quorum-missing' }, b_2: {} } as unknown as HallView['bids']
    expect(undecided(view({ ...(bids ? { bids } : {}), undecided: ['b_3'] }))).toEqual(['b_3', 'b_1'])
  })

  test('the duty passes to people of the notice who are not the host now', () => {
    const seats = {
      'host:p_1': { role: 'host', name: '甲', organisation: '', host: true },
      'deputy:p_2': { role: 'deputy', name: '乙', organisation: '', host: false },
      'officer:agency': { role: 'officer', name: '甲', organisation: '', host: false },
    } as unknown as HallView['seats']
    expect(deputies(view({ ...(seats ? { seats } : {}), host: 'p_1' }))).toEqual([{ id: 'p_2', name: '乙' }])
  })
})
