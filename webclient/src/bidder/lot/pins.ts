/** What this browser saw before: opening keys and the log's key do not change silently between two looks. */
import { database } from '../state/db'

/** Remember a value under a name; the one seen before when it differs, else null. */
export async function pin(name: string, value: string, accept = false): Promise<string | null> {
  const tx = (await database()).transaction('pins', 'readwrite')
  const seen = await tx.store.get(name)
  if (!seen || accept) await tx.store.put({ name, value })
  await tx.done
  return seen && seen.value !== value && !accept ? seen.value : null
}

export const pinKeyset = (lot: string, hash: string, accept = false): Promise<string | null> => pin(`keyset ${lot}`, hash, accept)
export const pinLogKey = (vkey: string): Promise<string | null> => pin('log', vkey)
