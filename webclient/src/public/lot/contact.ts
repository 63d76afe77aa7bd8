/** Contacts sealed to the holders of a lot's opening keys (docs/formats/tender.md, "Sealed contact"). */
import { random, u32 } from '@/crypto/bytes'
import { b64, canon, type Json, unb64 } from '@/crypto/canonical'
import { hpkeSeal } from '@/crypto/hpke'

const LABEL = 'kaibiao/contact/v1'
/** Every contact is padded to this size: its length tells nothing. */
const SIZE = 2048

interface Seat {
  seat: string
  openingKey: string
}

/** Each officer's envelope by seat, as the server takes it. */
export async function sealContact(keyset: string, contact: Json, tender: string, lot: string): Promise<Record<string, string>> {
  const { officers } = JSON.parse(new TextDecoder().decode(unb64(keyset))) as { officers: Seat[] }
  const words = canon(contact)
  const framed = new Uint8Array(SIZE)
  framed.set(u32(words.length))
  framed.set(words, 4)
  const sealed = await Promise.all(
    officers.map(async ({ seat, openingKey }) => {
      const info = canon({ label: LABEL, tender, lot, seat })
      return [seat, b64(await hpkeSeal(unb64(openingKey), framed, { info, ephemeralIkm: random(32) }))] as const
    }),
  )
  return Object.fromEntries(sealed)
}
