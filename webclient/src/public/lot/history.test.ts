import { describe, expect, it } from 'vitest'
import { b64, canon } from '@/crypto/canonical'
import type { SignedNotice } from '../api'
import { historyOf } from './history'

const file = (name: string, sha256: string, lot = '') => ({ name, sha256, size: '10', lot })
function notice(number: number, kind: 'tender' | 'change', body: object): SignedNotice {
  return { number, kind, notice: b64(canon(body as never)), cms: '', signer: 'x', sha256: String(number), at: '2026-01-01T00:00:00.000Z' }
}
const first = notice(0, 'tender', {
  title: '公告',
  lots: [
    { lot: 'l_a', opensAt: '2026-02-01T00:00:00.000Z', documents: [file('图纸.pdf', 'aa')] },
    { lot: 'l_b', opensAt: '2026-02-02T00:00:00.000Z', documents: [] },
  ],
})
const change = (number: number, extra: object): SignedNotice =>
  notice(number, 'change', { title: '变更', text: '', affects: false, reseal: false, lots: {}, answers: [], objections: [], documents: [], ...extra })

describe('what a notice changed', () => {
  it('tells old and new deadline, added and replaced files of the lot', () => {
    const history = historyOf(
      [
        first,
        change(1, {
          lots: { l_a: { opensAt: '2026-02-09T00:00:00.000Z', revision: 2 } },
          documents: [file('图纸.pdf', 'bb'), file('补遗.pdf', 'cc', 'l_a'), file('别的.pdf', 'dd', 'l_b')],
        }),
      ],
      'l_a',
    )
    expect(history[1]?.deadline).toEqual({ before: '2026-02-01T00:00:00.000Z', after: '2026-02-09T00:00:00.000Z' })
    expect(history[1]?.files.map((one) => [one.name, one.before?.sha256, one.after.sha256])).toEqual([
      ['图纸.pdf', 'aa', 'bb'],
      ['补遗.pdf', undefined, 'cc'],
    ])
  })
  it('leaves out notices about other lots, keeps answers that concern none', () => {
    const history = historyOf(
      [first, change(1, { lots: { l_b: { opensAt: '2026-02-02T00:00:00.000Z', revision: 2 } } }), change(2, { objections: [{ text: 't', answer: 'a' }] })],
      'l_a',
    )
    expect(history.map((one) => one.number)).toEqual([0, 2])
  })
})
