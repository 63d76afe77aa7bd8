/**
 * A seat's contribution to the draw (抽取): 32 random bytes, committed before the deadline and revealed before phase A.
 * Kept in this browser between the two; nothing is lost but the contribution if it is gone.
 */
import { b64, sha256hex, unb64 } from '@/crypto/canonical'

const place = (lot: string, seat: string): string => `kb-draw ${lot} ${seat}`

/** A fresh contribution, kept here before its commitment leaves. */
export function makeContribution(lot: string, seat: string): string {
  const kept = contribution(lot, seat) ?? crypto.getRandomValues(new Uint8Array(32))
  localStorage.setItem(place(lot, seat), b64(kept))
  return sha256hex(kept)
}

export function contribution(lot: string, seat: string): Uint8Array | null {
  const kept = localStorage.getItem(place(lot, seat))
  return kept ? unb64(kept) : null
}
