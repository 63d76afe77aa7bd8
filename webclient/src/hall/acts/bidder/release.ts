/**
 * Releasing one's key in phase A (投标人解密): the offered package is fetched and compared, the key derived from
 * what this computer holds (or the recovery code), checked against the bid, and handed in over whatever works.
 */
import { explained } from '@/api/explained'
import { get } from '@/api/http'
import { b64, unb64 } from '@/crypto/canonical'
import { Invalid } from '@/crypto/errors'
import { parseManifest } from '@/crypto/manifest'
import { type BidSecrets, obtainBidSecrets, releaseKey } from '@/bidder/secrets'
import type { HallStore } from '../../store'
import type { Acts } from '../acts'

export interface Offered {
  bid: string
  part: string
}

interface Sealed {
  bid: string
  manifest: string
  submission: string
}

/** The package that is offered for decryption; it must be the bid this seat speaks for. */
export async function fetchOffered(hall: HallStore, offer: Offered): Promise<void> {
  const path = `/halls/${encodeURIComponent(hall.lot)}/wraps/${encodeURIComponent(offer.bid)}`
  const served = await get<Sealed>(path, { anonymous: true })
  const manifest = parseManifest(unb64(served.manifest))
  const own = hall.mine.value.submission
  if (manifest.bid !== offer.bid || (own && served.submission !== own)) throw new Invalid('manifest-foreign')
}

/** The key of the part being opened. Asks for key file or recovery code where this computer holds nothing. */
export async function prepareKey(lot: string, bid: string | undefined, part: string): Promise<{ secrets: BidSecrets; key: Uint8Array }> {
  const secrets = await obtainBidSecrets(lot, bid ? { bid } : {})
  return { secrets, key: await secrets.partKey(part) }
}

const LOST = new Set(['offline', 'outcome-unknown', 'unreachable'])

/** Hand the key in: over the hall's connection while it stands, else over plain HTTP without a session. */
export async function handIn(acts: Acts, seat: string, offer: Offered, key: Uint8Array): Promise<void> {
  const { hall } = acts
  if (hall.state.value === 'live' && (seat.startsWith('bidder:') || seat.startsWith('receipt:'))) {
    try {
      await acts.send(seat, 'ReleaseKey', { ...offer, key: b64(key) })
      return
    } catch (thrown) {
      // Logged already by an answer that was lost on its way: the same key again is no second release.
      if (!LOST.has((await explained(thrown)).code)) throw thrown
    }
  }
  await releaseKey(hall.lot, offer.bid, offer.part, key)
}
