/**
 * Applications of this browser that are not finished: the key waits here for its certificate, and is forgotten once
 * the .p12 was saved. The page may be closed meanwhile.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { Applicant } from '../signer/csr'

export interface Pending {
  application: string
  applicant: Applicant
  pair: CryptoKeyPair
  submittedAt: string
}

interface Schema extends DBSchema {
  pending: { key: string; value: Pending }
}

let opened: Promise<IDBPDatabase<Schema>> | null = null

function database(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>('kaibiao-application', 1, {
    upgrade: (db) => void db.createObjectStore('pending', { keyPath: 'application' }),
  })
  return opened
}

export async function remember(pending: Pending): Promise<void> {
  await (await database()).put('pending', pending)
}

export async function discard(application: string): Promise<void> {
  await (await database()).delete('pending', application)
}

/** Those that wait, the latest first. */
export async function waiting(): Promise<Pending[]> {
  const found = await (await database()).getAll('pending')
  return found.sort((a, b) => b.submittedAt.localeCompare(a.submittedAt))
}
