import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sha256hex } from '@/crypto/canonical'
import * as statements from './statements'

/** The same file that tests/opening_hall/test_statements.py holds Python to. */
const VECTORS = JSON.parse(readFileSync(new URL('../../../../tests/vectors/hall-statements.json', import.meta.url), 'utf-8')) as Record<string, string>
const BIDS = ['b_zz', 'b_aa']
const MADE: Record<string, Uint8Array> = {
  admitted: statements.admitted('l_1', 'main', 'ab'.repeat(32)),
  adjudication: statements.adjudication('l_1', BIDS, 'BIDDER', '规定时间内未解密'),
  objection: statements.objection('l_1', 'x-1', '请核对\n工期'),
  answer: statements.answer('l_1', 'x-1', '已核对', 'unresolved'),
  line: statements.line('l_1', 'b_aa', 'main', { price: '4680000.00', duration: '180' }),
  abort: statements.abort('l_1', 'data-loss', '数据丢失'),
  reconvene: statements.reconvene('l_1', BIDS, '通过评审'),
  handover: statements.handover('l_1', 'p_deputy', '身体不适'),
}

test.each(Object.keys(VECTORS))('%s is the bytes that Python signs', (name) => {
  expect(new TextDecoder().decode(MADE[name])).toBe(VECTORS[name])
})

test('the admitted set does not depend on the order in which it is seen', () => {
  const one = sha256hex(statements.admittedSet('l_1', 'main', { b_b: '22', b_a: '11' }))
  expect(sha256hex(statements.admittedSet('l_1', 'main', { b_a: '11', b_b: '22' }))).toBe(one)
})

test('words are signed as the server keeps them', () => {
  expect(statements.plain('  a\r\nb\u0007 é ')).toBe('a\nb é')
})
