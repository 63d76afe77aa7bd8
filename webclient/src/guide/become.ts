/** Playing a person of the demonstration: the same sign-in as everybody's, with the demonstration's own files. */
import { get, raw } from '@/api/http'
import { pageAs, slot } from '@/app/place'
import { demo, type Player } from './demo'

const PASSWORD = 'kaibiao-demo'

/** Go on as this person at a page of the site; signs in first where this browser has not yet. Throws `Problem`. */
export async function become(key: string, path: string): Promise<void> {
  const player = demo.value?.cast[key]
  const lot = demo.value?.lot
  if (!player || !lot) return
  const { identities, signInAnew } = await import('@/identity/session')
  if (player.part !== 'bidder') await bringOpeningKey(key, player, lot)
  const known = (await identities()).find((one) => one.name === player.person && one.organisation === player.organisation)
  if (known) {
    if (known.slot === slot && location.pathname === pageAs(slot, path)) return
    location.assign(pageAs(known.slot, path))
    return
  }
  const { openP12 } = await import('@/identity/signer/p12')
  const [found] = await openP12(await file(key, 'certificate.p12'), PASSWORD)
  if (found) await signInAnew(found.material, path)
}

/** An officer of the demonstration made its opening key outside the browser: the wrapped file is brought in. */
async function bringOpeningKey(key: string, player: Player, lot: string): Promise<void> {
  const { keepKey, storedKeys } = await import('@/officer/store')
  const seat = `officer:${player.part}`
  if ((await storedKeys(lot)).some((one) => one.seat === seat)) return
  const { parseKeyset } = await import('@/crypto/keyset')
  const { b64, unb64 } = await import('@/crypto/canonical')
  const published = await get<{ tender: string; keyset: string }>(`/lots/${lot}`, { anonymous: true })
  const officer = parseKeyset(unb64(published.keyset)).officers.find((one) => one.seat === seat)
  if (!officer) return
  const openingKey = b64(officer.openingKey)
  const bytes = await file(key, 'opening-key.json')
  await keepKey({ tender: published.tender, lot, seat, openingKey, file: bytes, madeAt: new Date().toISOString(), proven: true })
}

async function file(key: string, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await raw(`/demo/people/${key}/${name}`, { anonymous: true })
  return new Uint8Array(await answer.arrayBuffer())
}

/** Whether this browser already handed in a bid of this player for the lot being played. */
export async function handedIn(player: Player, lot: string): Promise<boolean> {
  const { bidsOf, isActive } = await import('@/bidder/state/bids')
  return (await bidsOf(player.personId, lot)).some((bid) => isActive(bid) && bid.receipt)
}
