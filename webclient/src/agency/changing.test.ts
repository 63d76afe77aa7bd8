import { describe, expect, it, vi } from 'vitest'

vi.mock('@/identity/session', () => ({ useSession: () => ({ value: null }) }))
const { changeFaults, changeOf, emptyChange } = await import('./changing')

describe('a change notice', () => {
  it('sorts answers by what they answer and leaves deadlines to the rules', () => {
    const form = { ...emptyChange(), title: ' 答疑 ', opensAt: { l_1: '', l_2: '2026-03-25T09:30' } }
    form.answers = [
      { to: 'q_1', kind: 'question' as const, text: '问', answer: ' 答 ' },
      { to: 'x_1', kind: 'objection' as const, text: '异议', answer: '复' },
    ]
    expect(changeOf(form)).toEqual({
      title: '答疑',
      text: '',
      lots: [],
      affects: false,
      reseal: false,
      answers: [{ to: 'q_1', text: '问', answer: '答' }],
      objections: [{ to: 'x_1', text: '异议', answer: '复' }],
      opensAt: { l_2: '2026-03-25T01:30:00.000Z' },
    })
  })
  it('says something, under a title, and never moves forward', () => {
    expect(changeFaults(emptyChange(), {}).map((one) => one.id)).toEqual(['change-title', 'change-text'])
    const form = { ...emptyChange(), title: 'a', text: 'b', opensAt: { l_1: '2026-03-20T09:30' } }
    expect(changeFaults(form, { l_1: '2026-03-23T01:30:00.000Z' }).map((one) => one.id)).toEqual(['extend-l_1'])
  })
})
