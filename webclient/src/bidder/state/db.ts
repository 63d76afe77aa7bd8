/**
 * What the bidder's desk keeps, in this browser only: before the opening the platform must not learn who bids.
 * See docs/formats/key-file.md for what of it is secret.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { Replacement } from '@/wire/bodies'

/** How far a bid has come. */
export type BidPhase =
  | 'sealing' // being encrypted; a reload starts it anew, for its secrets are not written yet
  | 'sealed' // whole, in this browser; nothing sent
  | 'uploading'
  | 'accepted' // the last byte is there in time; the platform verifies
  | 'live' // receipt in hand
  | 'refused'
  | 'late'
  | 'withdrawn'
  | 'replaced'

/** A value under this person's device key. */
export interface Locked {
  iv: Uint8Array<ArrayBuffer>
  data: ArrayBuffer
}

export interface BidRecord {
  bid: string
  owner: string
  tender: string
  lot: string
  round: number
  title: string
  deadline: string
  phase: BidPhase
  sealedAt: string
  docsHash: string
  revision: number
  submission: string
  manifest: Uint8Array<ArrayBuffer>
  box: Uint8Array<ArrayBuffer>
  /** The bid-key file as it was handed out; under the passphrase. */
  keyFile: Uint8Array<ArrayBuffer>
  /** K_bidder under the device key; null on a shared computer. */
  secret: Locked | null
  /** Signs withdrawal, replacement, check-in: cannot leave the browser. Null on a shared computer. */
  receiptKey: CryptoKey | null
  /** The recovery code under the device key until the bidder has confirmed that it wrote it down; then gone. */
  recovery: Locked | null
  /** What was typed into the form, by part, under the device key: to compare with what is read out. */
  forms: Locked | null
  /** Key file and code were saved and confirmed. */
  kept: boolean
  /** The receipt was downloaded. */
  receiptSaved: boolean
  /** The bidder paused the upload; a reload does not go on by itself then. */
  paused: boolean
  /** Sizes of the files that go up. */
  sizes: Record<string, number>
  files: { part: string; name: string; size: number }[]
  prev: string | null
  upload: { ticket: string; upload: string; secret: string; startedAt: string; interruptions: number } | null
  /** The old bid's permission to be replaced. */
  replace: Replacement | null
  acceptedAt: string | null
  receipt: string | null
  proof: string | null
  withdrawn: string | null
  /** Why it is no bid. */
  ended: { code: string; detail: string } | null
  checkedInAt: string | null
  acknowledged: Record<string, string>
  diagnosed: string[]
}

export interface DraftRecord {
  id: string
  owner: string
  lot: string
  sealed: Locked
}

export interface MineRecord {
  id: string
  owner: string
  lot: string
  tender: string
  title: string
  tenderTitle: string
  deadline: string
  seenAt: string
}

export interface TicketRecord {
  ticket: string
  month: string
  usableUntil: string
}

interface Schema extends DBSchema {
  device: { key: string; value: { owner: string; key: CryptoKey } }
  bids: { key: string; value: BidRecord; indexes: { lot: [string, string]; owner: string } }
  drafts: { key: string; value: DraftRecord }
  mine: { key: string; value: MineRecord; indexes: { owner: string } }
  pins: { key: string; value: { name: string; value: string } }
  tickets: { key: string; value: TicketRecord }
  drawn: { key: string; value: { account: string; month: string } }
}

export type BidderDb = IDBPDatabase<Schema>
let opening: Promise<BidderDb> | null = null

/** The database of this desk; opened once. */
export function database(): Promise<BidderDb> {
  opening ??= openDB<Schema>('kaibiao-bidder', 1, {
    upgrade(db) {
      db.createObjectStore('device', { keyPath: 'owner' })
      const bids = db.createObjectStore('bids', { keyPath: 'bid' })
      bids.createIndex('lot', ['owner', 'lot'])
      bids.createIndex('owner', 'owner')
      db.createObjectStore('drafts', { keyPath: 'id' })
      db.createObjectStore('mine', { keyPath: 'id' }).createIndex('owner', 'owner')
      db.createObjectStore('pins', { keyPath: 'name' })
      db.createObjectStore('tickets', { keyPath: 'ticket' })
      db.createObjectStore('drawn', { keyPath: 'account' })
    },
    terminated() {
      opening = null
    },
  })
  return opening
}

/** For tests: forget the open connection. */
export async function closeDatabase(): Promise<void> {
  if (opening) (await opening).close()
  opening = null
}
