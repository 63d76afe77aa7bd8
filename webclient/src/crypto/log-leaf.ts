/** What stands in the log: a commitment per event that tells nothing but a time (docs/formats/log.md). */
import { type Bytes, concat, sha256 } from './bytes'
import { canon, hex, iso, type Json, parseCanonical, parseIso, unb64, unhex } from './canonical'
import { Invalid } from './errors'

const MAX_LEAF = 256

/** An event with what opens its commitment, as the API gives it. */
export interface DisclosedEvent {
  readonly index: number
  readonly stream: string
  readonly version: number
  readonly type: string
  readonly seat: string
  readonly at: string
  readonly body: { readonly [name: string]: Json } | null
  /** base64url; null once personal data was erased. */
  readonly salt: string | null
}

/** SHA-256(salt || canonical{body, seat, stream, type, version}). */
export function commitment(salt: Uint8Array, event: Pick<DisclosedEvent, 'stream' | 'version' | 'type' | 'seat' | 'body'>): Bytes {
  const { stream, version, type, seat, body } = event
  return sha256(concat(salt, canon({ stream, version, type, seat, body: body ?? {} })))
}

/** The leaf bytes that the tree hashes. */
export const leafBytes = (at: Date, committed: Uint8Array): Bytes => canon({ at: iso(at), c: hex(committed), v: 1 })

/** The leaf of a disclosed event; `event-erased` when body and salt are gone. */
export function leafOf(event: DisclosedEvent): Bytes {
  if (event.salt === null || event.body === null) throw new Invalid('event-erased', 'the event was erased; only its leaf stays')
  return leafBytes(parseIso(event.at), commitment(unb64(event.salt), event))
}

/** Reads a leaf; `bad-leaf`. */
export function parseLeaf(data: Uint8Array): { at: Date; commitment: Bytes } {
  const value = parseCanonical(data, MAX_LEAF)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Invalid('bad-leaf', 'not a leaf')
  const { at, c, v, ...more } = value as { readonly [name: string]: Json }
  if (v !== 1 || Object.keys(more).length) throw new Invalid('bad-leaf', 'not a leaf of a known version')
  return { at: parseIso(at), commitment: unhex(c, 32) }
}
