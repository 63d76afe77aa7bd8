/**
 * A key of this browser for one person: encrypts at rest what the desk keeps of a bid's secrets.
 * It cannot be exported; it protects what lies on disk, not against a script in this page.
 */
import { database, type Locked } from './db'

async function keyOf(owner: string): Promise<CryptoKey> {
  const db = await database()
  const known = await db.get('device', owner)
  if (known) return known.key
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  // Two tabs may come here at once: whichever is written first stays.
  const tx = db.transaction('device', 'readwrite')
  const first = await tx.store.get(owner)
  if (!first) await tx.store.put({ owner, key })
  await tx.done
  return first?.key ?? key
}

export async function lock(owner: string, plain: Uint8Array<ArrayBuffer>): Promise<Locked> {
  const key = await keyOf(owner)
  const iv = crypto.getRandomValues(new Uint8Array(12))
  return { iv, data: await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain) }
}

export async function unlock(owner: string, locked: Locked): Promise<Uint8Array<ArrayBuffer>> {
  const key = await keyOf(owner)
  return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: locked.iv }, key, locked.data))
}

export const lockText = (owner: string, text: string): Promise<Locked> => lock(owner, new TextEncoder().encode(text))
export const unlockText = async (owner: string, locked: Locked): Promise<string> =>
  new TextDecoder().decode(await unlock(owner, locked))
