/**
 * Opening keys of this browser, wrapped under their passphrase exactly as in the key file: a copy for convenience.
 * Whoever reads the disk finds nothing that the file would not show.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'

export interface StoredKey {
  tender: string
  lot: string
  seat: string
  /** The public point, base64url. */
  openingKey: string
  /** The key file's bytes. */
  file: Uint8Array<ArrayBuffer>
  madeAt: string
  /** The saved file was chosen again and opened: the copy outside the browser is proven. */
  proven: boolean
}

interface Keys extends DBSchema {
  keys: { key: [string, string, string]; value: StoredKey; indexes: { lot: string } }
}

let opened: Promise<IDBPDatabase<Keys>> | undefined

function database(): Promise<IDBPDatabase<Keys>> {
  opened ??= openDB<Keys>('kaibiao-officer', 1, {
    upgrade(db) {
      db.createObjectStore('keys', { keyPath: ['lot', 'seat', 'openingKey'] }).createIndex('lot', 'lot')
    },
    terminated: () => (opened = undefined),
  })
  return opened
}

export async function keepKey(key: StoredKey): Promise<void> {
  await (await database()).put('keys', key)
}

/** The wrapped copies in this browser, of one lot or of all, newest first. */
export async function storedKeys(lot?: string): Promise<StoredKey[]> {
  const db = await database()
  const found = lot === undefined ? await db.getAll('keys') : await db.getAllFromIndex('keys', 'lot', lot)
  return found.sort((a, b) => b.madeAt.localeCompare(a.madeAt))
}

/** Forget a seat's copies (after a handover or the statement of destruction). */
export async function dropKeys(lot: string, seat: string): Promise<void> {
  const db = await database()
  for (const key of await storedKeys(lot)) {
    if (key.seat === seat) await db.delete('keys', [key.lot, key.seat, key.openingKey])
  }
}
