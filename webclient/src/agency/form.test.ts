import { describe, expect, it } from 'vitest'
import { blankField, codeFor, formFaults, moved, tidyForm } from './form'
import type { FieldDef } from './types'

const field = (changes: Partial<FieldDef>): FieldDef => ({ ...blankField('text', ['main'], []), zh: '甲', en: 'A', name: 'a', ...changes })

describe('designing the opening form', () => {
  it('moves within bounds', () => {
    expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c'])
    expect(moved(['a', 'b', 'c'], 2, 9)).toEqual(['a', 'b', 'c'])
    expect(moved(['a', 'b', 'c'], 0, -1)).toEqual(['a', 'b', 'c'])
  })
  it('finds codes', () => {
    expect(codeFor('Project manager', [])).toBe('project_manager')
    expect(codeFor('Project manager', ['project_manager'])).toBe('project_manager_2')
    expect(codeFor('工期', [])).toBe('field')
    expect(codeFor('2nd price', [])).toBe('nd_price')
  })
  it('names what is wrong', () => {
    const faults = formFaults([field({}), field({ zh: ' ' }), field({ name: 'B' }), field({ name: 'c', kind: 'choice', choices: ['x', 'x'] })])
    expect(faults).toEqual([
      { index: 1, at: 'zh', fault: 'needName' },
      { index: 1, at: 'name', fault: 'twice' },
      { index: 2, at: 'name', fault: 'badName' },
      { index: 3, at: 'choices', fault: 'needChoices' },
    ])
  })
  it('tidies before sending', () => {
    expect(tidyForm([field({ zh: ' 甲 ', choices: ['x'] })])[0]).toMatchObject({ zh: '甲', choices: [] })
    expect(tidyForm([field({ kind: 'choice', choices: ['x ', 'x', '', 'y'] })])[0]!.choices).toEqual(['x', 'y'])
  })
})
