import { describe, expect, it } from 'vitest'
import { children, readWhole, tlv, type Tlv } from '@/identity/signer/der'
import { concat } from './bytes'
import { unb64 } from './canonical'
import { verifyDetached } from './cms'
import { Invalid } from './errors'
import { openingKeyStatement, parseKeyset } from './keyset'
import { vector } from './vectors'

const { keyset: encoded } = vector<{ keyset: string }>('sealed-bid')
const keyset = parseKeyset(unb64(encoded))
const [officer, other] = keyset.officers as [(typeof keyset.officers)[0], (typeof keyset.officers)[0]]
const data = openingKeyStatement(keyset.tender, keyset.lot, officer.seat, officer.index, officer.openingKey)

async function refusal(cms: Uint8Array, content: { data: Uint8Array } | { digest: Uint8Array } = { data }): Promise<string> {
  try {
    await verifyDetached(cms, content)
  } catch (error) {
    return error instanceof Invalid ? error.code : String(error)
  }
  return 'accepted'
}

/** The same value with open lengths (BER), as signing tools of some authorities write it. */
function open(element: Tlv, depth: number): Uint8Array {
  if (depth === 0) return element.raw
  const inside = children(element).map((each) => (each.tag & 0x20 ? open(each, depth - 1) : each.raw))
  return concat(Uint8Array.of(element.tag, 0x80), ...inside, Uint8Array.of(0, 0))
}

describe('detached signatures', () => {
  it('verify over the content, and over its digest', async () => {
    const signed = await verifyDetached(officer.signature, { data })
    expect(signed.certificate).toEqual(officer.certificate)
    expect(signed.chain).toEqual([])
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data))
    expect((await verifyDetached(officer.signature, { digest })).certificate).toEqual(officer.certificate)
  })

  it('verify in BER with open lengths', async () => {
    for (const depth of [1, 2, 3]) {
      const ber = open(readWhole(officer.signature), depth)
      expect(ber[1]).toBe(0x80)
      expect((await verifyDetached(ber, { data })).certificate).toEqual(officer.certificate)
    }
  })

  it('refuse other content, two signers, none, and what is no signature', async () => {
    expect(await refusal(officer.signature, { data: concat(data, Uint8Array.of(0)) })).toBe('bad-signature')
    expect(await refusal(other.signature)).toBe('bad-signature')
    expect(await refusal(merged(officer.signature, other.signature))).toBe('bad-cms')
    for (const bytes of [new Uint8Array(0), Uint8Array.of(0x30, 0x80), data, concat(officer.signature, Uint8Array.of(0))]) {
      expect(await refusal(bytes)).toBe('bad-cms')
    }
  })

  it('refuse every single altered byte that matters, and never crash', async () => {
    const codes = new Set<string>()
    for (let at = 0; at < officer.signature.length; at += 7) {
      const bent = officer.signature.slice()
      bent[at]! ^= 0x11
      codes.add(await refusal(bent))
    }
    expect([...codes].every((code) => ['bad-cms', 'bad-signature', 'accepted'].includes(code))).toBe(true)
    // Only what nobody signs may change unseen: the version numbers and the list of digest algorithms.
    let unseen = 0
    for (let at = 60; at < officer.signature.length; at += 7) {
      const bent = officer.signature.slice()
      bent[at]! ^= 0x11
      if ((await refusal(bent)) === 'accepted') unseen += 1
    }
    expect(unseen).toBeLessThan(4)
  })
})

/** Both signers under one content, which a careless reader would take for either. */
function merged(first: Uint8Array, second: Uint8Array): Uint8Array {
  const parts = (cms: Uint8Array): Tlv[] => children(children(children(readWhole(cms))[1]!)[0]!)
  const one = parts(first)
  const two = parts(second)
  const joined = one.map((part, i) => (part.tag === 0xa0 || i === one.length - 1 ? tlv(part.tag, part.value, two[i]!.value) : part.raw))
  const oid = children(readWhole(first))[0]!.raw
  return tlv(0x30, oid, tlv(0xa0, tlv(0x30, ...joined)))
}
