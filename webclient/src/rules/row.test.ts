import { describe, expect, it } from 'vitest'
import { emptyRow, entryOf, idOf, missing, needsTwo, rowForm } from './row'
import type { RuleRow } from './types'

const ROW: RuleRow = {
  id: 'ENG/documents-to-deadline', key: 'documents-to-deadline', regime: 'ENG', value: 20, unit: 'days', mark: 'V', law: '招标投标法 第24条', zh: '二十日', en: '20 days',
  effect: 'block', types: ['*'], region: '*', tenant: '*', from: null, to: null, confirmed: false, binds: true, own: false,
}
const DAYS = { kind: 'int', units: ['days'], choices: [] } as const

describe('rule rows', () => {
  it('come back as they are', () => {
    expect(entryOf(rowForm(ROW), { ...DAYS, units: ['days'], choices: [] })).toEqual({ key: 'documents-to-deadline', value: 20, unit: 'days', mark: 'V', law: '招标投标法 第24条', zh: '二十日', en: '20 days', effect: 'block', id: ROW.id })
  })
  it('have the id that the platform would give', () => {
    expect(idOf({ ...emptyRow('ENG'), types: ['works'], region: 'CN-35', from: '2027-01-01' })).toBe('ENG/documents-to-deadline/works/CN-35/2027-01-01')
  })
  it('take two operators where they bind or replace what binds', () => {
    expect(needsTwo({ ...emptyRow('ENG'), region: 'CN-35' }, [ROW])).toBe(false)
    expect(needsTwo({ ...emptyRow('ENG'), mark: 'V', region: 'CN-35' }, [ROW])).toBe(true)
    expect(needsTwo(emptyRow('ENG'), [ROW])).toBe(true)
  })
  it('leave a word where a number is expected for the platform to refuse', () => {
    expect(entryOf({ ...emptyRow('ENG'), value: 'ten' }, { kind: 'int', units: [], choices: [] }).value).toBe('ten')
    expect(entryOf({ ...emptyRow('ENG'), value: 'true' }, { kind: 'bool', units: [], choices: [] }).value).toBe(true)
  })
  it('say what is missing', () => expect(missing(emptyRow('ENG'))).toEqual(['value', 'law', 'zh', 'en']))
})
