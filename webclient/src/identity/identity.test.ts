import { describe, expect, it } from 'vitest'
import { safeNext } from './guard'
import { newId, personId } from './ids'
import { checkCharacter, codeFault, parseCreditCode } from './signer/credit-code'
import { children, integer, NotDer, oid, readOid, readTime, readTlv, readWhole, sequence, time, tlv } from './signer/der'

describe('credit codes', () => {
  it.each([
    ['91350100M000100Y43', null],
    [' 91350100m000100y43 ', null],
    ['91350100M000100Y44', 'check'],
    ['91350100M000100Y4', 'length'],
    ['9135010OM000100Y43', 'letters'],
    ['91A50100M000100Y43', 'shape'],
  ])('%s: %s', (code, fault) => expect(codeFault(code)).toBe(fault))
  it('are written in one way', () => expect(parseCreditCode('91350100m000100y43')).toBe('91350100M000100Y43'))
  it('have one check character', () => expect(checkCharacter('91350100M000100Y4')).toBe('3'))
})

describe('ids', () => {
  // From bidding/people/ids.py.
  it('are those of the platform', async () => {
    expect(await personId('91350100M000100Y43', ' 张三 ')).toBe('p_uf65n5vlwfpvsoafmvtcw5fxau')
  })
  it('are of one shape', () => expect(newId('m')).toMatch(/^m_[a-z2-7]{26}$/))
})

describe('DER', () => {
  it('reads what it writes', () => {
    const made = sequence(oid('1.2.840.113549.1.9.16.2.47'), integer(Uint8Array.of(0, 0x80)), tlv(0x04, new Uint8Array(300)))
    const [name, number, long] = children(readWhole(made))
    expect(readOid(name!)).toBe('1.2.840.113549.1.9.16.2.47')
    expect([...number!.value]).toEqual([0, 0x80])
    expect(long!.value.length).toBe(300)
  })
  it('writes times as X.509 does', () => {
    for (const text of ['2026-11-22T08:00:00.000Z', '2049-12-31T23:59:59.000Z', '2051-01-01T00:00:00.000Z']) {
      expect(readTime(readTlv(time(new Date(text)))).toISOString()).toBe(text)
    }
  })
  it.each([[[]], [[0x30]], [[0x30, 0x80]], [[0x30, 0x05, 1]], [[0x30, 0x85, 1, 1, 1, 1, 1]]])('refuses %j', (bytes) =>
    expect(() => readWhole(Uint8Array.from(bytes))).toThrow(NotDer),
  )
  it('refuses what follows', () => expect(() => readWhole(Uint8Array.of(5, 0, 0))).toThrow(NotDer))
})

describe('where one goes on to', () => {
  it.each([
    ['/mandates', '/mandates'],
    ['/lots/l_x?a=b', '/lots/l_x?a=b'],
    ['//elsewhere.example', '/desk'],
    ['/\\elsewhere.example', '/desk'],
    ['https://elsewhere.example', '/desk'],
    [undefined, '/desk'],
  ])('%s: %s', (wanted, found) => expect(safeNext(wanted)).toBe(found))
})
