/** What the bidder has entered so far: kept in this browser under the person's device key. Files are not kept. */
import { toRaw } from 'vue'
import type { Chosen } from '../files/names'
import { database } from '../state/db'
import { lockText, unlockText } from '../state/device'
import { fieldsOf, type LotPackage } from '../lot/package'

export interface Member {
  name: string
  creditCode: string
  work: string
  /** The member's signature over the agreement, base64url. */
  signature: string
}

export interface Draft {
  /** Field values by part. */
  values: Record<string, Record<string, string>>
  /** Chosen files by part; only while the page is open. */
  files: Record<string, Chosen[]>
  contact: { name: string; phone: string; email: string }
  representative: string
  /** A consortium's members, lead first; empty when bidding alone. */
  members: Member[]
  mandate: { mandate: string; signature: string } | null
  loaded: boolean
  /** The certificate was looked at in this visit. */
  certified: boolean
}

export const emptyDraft = (): Draft => ({
  values: {}, files: {}, contact: { name: '', phone: '', email: '' }, representative: '', members: [], mandate: null, loaded: false, certified: false,
})

type Kept = Pick<Draft, 'values' | 'contact' | 'representative' | 'members' | 'mandate'>

export async function loadDraft(into: Draft, owner: string, lot: LotPackage): Promise<void> {
  const record = await (await database()).get('drafts', `${owner} ${lot.lot}`)
  if (record && !into.loaded) {
    try {
      Object.assign(into, JSON.parse(await unlockText(owner, record.sealed)) as Kept)
    } catch {
      // The device key is another one now (browser data partly cleared): begin with an empty form.
    }
  }
  for (const part of lot.parts) {
    into.values[part] ??= {}
    into.files[part] ??= []
    for (const field of fieldsOf(lot, part)) into.values[part][field.name] ??= ''
  }
  into.loaded = true
}

export async function saveDraft(draft: Draft, owner: string, lot: string): Promise<void> {
  const { values, contact, representative, members, mandate } = toRaw(draft)
  const sealed = await lockText(owner, JSON.stringify({ values, contact, representative, members, mandate } satisfies Kept))
  await (await database()).put('drafts', { id: `${owner} ${lot}`, owner, lot, sealed })
}
