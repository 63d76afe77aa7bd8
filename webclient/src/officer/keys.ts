/** Opening keys on the officer's side: made here, wrapped here, unlocked here; only the signed public half leaves. */
import { get, post } from '@/api/http'
import { b64, sha256hex, unb64 } from '@/crypto/canonical'
import { type OpeningKey, readKeyFile, unwrapOpeningKey, wrapOpeningKey } from '@/crypto/key-file'
import { newOpeningKey, openingKeyStatement } from '@/crypto/keyset'
import type { PrivateKey } from '@/crypto/p256'
import { signer } from '@/identity/session'
import type { Bodies } from '@/wire/bodies'
import { ask } from './asking'
import { absent, foreign, keyProblem, otherKey } from './problems'
import { keepKey, storedKeys, type StoredKey } from './store'
import type { OpeningKeys } from './types'

export { storedKeys, type StoredKey } from './store'

export interface Place {
  tender: string
  lot: string
  seat: string
}

/** An unlocked opening key. The private half sits in WebCrypto and cannot be read out. */
export interface LoadedKey extends Place {
  point: Uint8Array
  private: PrivateKey
}

const unlocked = new Map<string, LoadedKey>()
const name = (lot: string, seat: string): string => `${lot} ${seat}`

/** A fresh key, wrapped; nothing is registered yet. The copy stays in this browser. */
export async function makeKey(place: Place, passphrase: string): Promise<StoredKey> {
  const made = await newOpeningKey()
  const file = await wrapOpeningKey(made.scalar, passphrase, place)
  made.scalar.fill(0)
  const stored: StoredKey = { ...place, openingKey: b64(made.point), file, madeAt: new Date().toISOString(), proven: false }
  await keepKey(stored)
  return stored
}

/** The key of a file that was chosen, checked to be for this place and, if given, to be this very key. */
export async function unwrapFor(place: Omit<Place, 'tender'>, file: Uint8Array, passphrase: string, openingKey?: string | null): Promise<OpeningKey> {
  try {
    const facts = readKeyFile(file)
    if (facts.kind !== 'opening-key') throw foreign('bid-key', '')
    if (facts.lot !== place.lot || facts.seat !== place.seat) throw foreign(facts.seat, facts.lot)
    if (openingKey && b64(facts.openingKey) !== openingKey) throw otherKey()
    return await unwrapOpeningKey(file, passphrase)
  } catch (thrown) {
    throw keyProblem(thrown)
  }
}

/** Sign the public half with the officer's certificate and register it for the seat. */
export async function registerKey(place: Place, openingKey: string): Promise<OpeningKeys> {
  const path = `/tenders/${place.tender}/lots/${place.lot}/opening-keys`
  const known = await get<OpeningKeys>(path)
  const index = known.officers.find((one) => one.seat === place.seat)?.index ?? 0
  const statement = openingKeyStatement(place.tender, place.lot, place.seat, index, unb64(openingKey))
  const cms = await (await signer()).detachedCms(statement)
  const body: Bodies['POST /tenders/{tender}/lots/{lot}/opening-keys'] = { seat: place.seat, openingKey, cms: b64(cms) }
  return post<OpeningKeys>(path, body)
}

/**
 * The opening key of a seat for an act in the hall: as unlocked before on this page, else the officer is asked for the
 * passphrase (and the file, when this browser has no copy). Rejects `opening-key-cancelled`.
 */
export async function loadOpeningKey(lot: string, seat: string): Promise<LoadedKey> {
  const known = unlocked.get(name(lot, seat))
  if (known) return known
  const key = await ask(lot, seat)
  unlocked.set(name(lot, seat), key)
  return key
}

/** Unlock from the copies of this browser or from a file, for the dialog and for checks. */
export async function unlock(lot: string, seat: string, passphrase: string, file?: Blob, openingKey?: string | null): Promise<LoadedKey> {
  const bytes = file ? new Uint8Array(await file.arrayBuffer()) : (await copyOf(lot, seat, openingKey))?.file
  if (!bytes) throw absent()
  const key = await unwrapFor({ lot, seat }, bytes, passphrase, openingKey)
  key.scalar.fill(0)
  return { tender: key.tender, lot, seat, point: key.private.point, private: key.private }
}

/** The copy in this browser of a seat's key: the registered one when it is known which that is. */
export async function copyOf(lot: string, seat: string, openingKey?: string | null): Promise<StoredKey | undefined> {
  return (await storedKeys(lot)).find((one) => one.seat === seat && (!openingKey || one.openingKey === openingKey))
}

export function forgetOpeningKeys(): void {
  unlocked.clear()
}

/** What people compare: SHA-256 of the public point. */
export const fingerprint = (openingKey: string): string => sha256hex(unb64(openingKey))

/** A name by which the file is found again among others. */
export const fileName = (place: Omit<Place, 'tender'>): string => `opening-key-${place.lot}-${place.seat.replace('officer:', '')}.json`
