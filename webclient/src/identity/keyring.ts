/**
 * The keys of this browser's identities, one record per slot, while their sessions live.
 *
 * IndexedDB keeps WebCrypto's keys as they are: a page can use them, nobody can read them out. Where the browser
 * keeps nothing (some private windows), they live in memory until the page is closed.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { SignerMaterial } from './signer/signer'
import type { SessionBody } from './types'

export interface Held {
  slot: string
  session: SessionBody
  material: SignerMaterial
}

interface Schema extends DBSchema {
  held: { key: string; value: Held }
}

const memory = new Map<string, Held>()
let opened: Promise<IDBPDatabase<Schema> | null> | null = null

function database(): Promise<IDBPDatabase<Schema> | null> {
  opened ??= openDB<Schema>('kaibiao-identity', 1, {
    upgrade: (db) => void db.createObjectStore('held', { keyPath: 'slot' }),
  }).catch(() => null)
  return opened
}

export async function keep(held: Held): Promise<void> {
  memory.set(held.slot, held)
  const db = await database()
  await db?.put('held', held).catch(() => undefined)
}

export async function recall(slot: string): Promise<Held | null> {
  const db = await database()
  const stored = await db?.get('held', slot).catch(() => undefined)
  return stored ?? memory.get(slot) ?? null
}

export async function forget(slot: string): Promise<void> {
  memory.delete(slot)
  const db = await database()
  await db?.delete('held', slot).catch(() => undefined)
}

export async function everyone(): Promise<Held[]> {
  const db = await database()
  const stored = (await db?.getAll('held').catch(() => [])) ?? []
  const others = [...memory.values()].filter((one) => !stored.some((each) => each.slot === one.slot))
  return [...stored, ...others]
}
