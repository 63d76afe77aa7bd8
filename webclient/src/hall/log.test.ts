import { beforeEach, describe, expect, it } from 'vitest'
import { lang } from '@/i18n'
import { logOf } from './log'
import { sentence } from './logWords'
import { announcements } from './voice/announcements'
import type { Row } from './store'
import type { BidRow, HallView } from './wire'

const at = (second: number): string => `2026-11-22T08:00:${String(second).padStart(2, '0')}.000Z`
const bid = (number: number, more: Partial<BidRow> = {}): Row => ({
  id: `b_${number}`,
  bid: { number, name: `投标人${number}`, creditCode: `C${number}`, receivedAt: at(0), submission: 'x', status: 'read', parts: {}, ...more },
  out: false,
})
const read = (number: number, second: number): Row =>
  bid(number, { parts: { main: { releasedAt: at(9), readAt: at(second), form: { price: '4680000.00', days: '180' } } } })
const form = {
  '1': { name: 'price', zh: '投标报价', en: 'Price', kind: 'money', unit: '', part: 'main' },
  '2': { name: 'days', zh: '工期', en: 'Duration', kind: 'integer', unit: '日历天', part: 'main' },
}
const view = {
  phase: 'CONFIRMING',
  hall: { form, parts: ['main'] },
  course: {
    '1': { kind: 'decrypting', at: at(5), until: at(50) },
    '2': { kind: 'reading', at: at(10), count: 2, ceiling: '5000000.00' },
    '10': { kind: 'confirming', at: at(12), until: at(50) },
    '3': { kind: 'objections', at: at(13), until: at(50), missing: 0, how: 'deemed' },
  },
  seats: { 'host:p_1': { role: 'host', name: '韩', organisation: '', host: true, signedInAt: at(1) } },
  objections: { o1: { number: 1, by: 'bidder:C1', text: '不清楚', at: at(14) } },
} as unknown as HallView
const rows = [read(1, 11), read(2, 12)]
const name = (seat: string): string => seat

describe('the log of a hall', () => {
  beforeEach(() => {
    Object.assign(globalThis, { document: { documentElement: {} } })
    lang.value = 'zh'
  })

  it('is in order, and ends come after what ended them', () => {
    expect(logOf(view, rows).map((entry) => entry.kind)).toEqual([
      'signed-in',
      'decrypting',
      'released',
      'released',
      'reading',
      'read',
      'read',
      'confirming',
      'objections',
      'raised',
    ])
  })

  it('is the same however the rows came', () => {
    expect(logOf(view, [...rows].reverse()).map((entry) => entry.key).sort()).toEqual(logOf(view, rows).map((entry) => entry.key).sort())
  })

  it('speaks both languages in full', () => {
    const zh = logOf(view, rows).map((entry) => sentence(entry, name))
    expect(zh).toContain('唱标：投标人1，投标报价 4,680,000.00 元（肆佰陆拾捌万元整）')
    expect(zh).toContain('开始唱标，共 2 家，最高投标限价 5,000,000.00 元')
    expect(zh).toContain('投标人全部确认报价；可以提出异议，截至 16:00:50')
    lang.value = 'en'
    const en = logOf(view, rows).map((entry) => sentence(entry, name))
    expect(en).toHaveLength(zh.length)
    for (const text of [...zh, ...en]) expect(text).not.toMatch(/[{}]|hallLog\./)
  })

  it('announces lines and turns, the newest last', () => {
    const said = announcements(view, rows, 'main', name)
    expect(said.map((one) => one.what)).toEqual(['turn-1', 'turn-2', 'line-main-b_1', 'line-main-b_2', 'turn-4', 'turn-3'])
    expect(said[2]!.text).toBe('第 1 家 投标人1，投标报价 4,680,000.00 元（肆佰陆拾捌万元整），工期 180 日历天')
    expect(announcements(view, rows, 'main', name, 2)).toHaveLength(2)
  })
})
