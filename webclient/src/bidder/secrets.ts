/**
 * A bid's secrets when they are wanted (解密, 签到, 撤回): from this browser, else from the key file or the recovery code.
 * For the hall's panels too. Nothing here needs a session; what is sent carries none.
 */
import { ref, shallowRef } from 'vue'
import type { Problem } from '@/api/problem'
import { b64, unb64, type Json } from '@/crypto/canonical'
import { unwrapKeyFile } from '@/crypto/key-file'
import { parseManifest, type Manifest } from '@/crypto/manifest'
import { bidderPartKey, unwrapRecovery } from '@/crypto/opening'
import type { Bodies } from '@/wire/bodies'
import { ask, say } from './anonymous'
import { bidOwner } from './desk/owner'
import { keyFileForeign, secretsElsewhere } from './problems'
import { bidsOf, changeBid, findBid } from './state/bids'
import type { BidPhase, BidRecord } from './state/db'
import { unlock, unlockText } from './state/device'
import { checkIn, importReceiptKey, seatProof, signStatement, speakerOf, type Said } from './statements'

export interface BidSecrets {
  bid: string
  source: 'device' | 'key-file' | 'recovery-code'
  /** K_bidder of a part, checked against the manifest. */
  partKey: (part: string) => Promise<Uint8Array>
  /** Signs a statement by the receipt key; null with the recovery code, which does not hold it. */
  sign: ((statement: Record<string, Json>) => Promise<string>) | null
  /** The receipt key itself, not extractable. */
  key: CryptoKey | null
}

export interface HeldBid {
  bid: string
  submission: string
  phase: BidPhase
  onDevice: boolean
}

export interface SecretsRequest {
  lot: string
  bid: string | null
  /** The receipt key is needed too: a recovery code will not do. */
  signing: boolean
}

/** What the dialog is asked for at the moment; `BidSecretsDialog` shows it. */
export const asked = shallowRef<SecretsRequest | null>(null)
export const problemOfDialog = ref<Problem | null>(null)
let answer: { resolve: (secrets: BidSecrets) => void; reject: (fault: unknown) => void } | null = null

/** This person's bids for the lot in this browser. */
export async function heldBids(lot: string): Promise<HeldBid[]> {
  const owner = await bidOwner()
  if (!owner) return []
  return (await bidsOf(owner, lot)).map(({ bid, submission, phase, secret }) => ({ bid, submission, phase, onDevice: secret !== null }))
}

async function standing(lot: string, bid?: string | null): Promise<BidRecord | null> {
  const owner = await bidOwner()
  if (!owner) return null
  const found = await bidsOf(owner, lot)
  return found.reverse().find((one) => (bid ? one.bid === bid : one.phase === 'live')) ?? null
}

/** The secrets of one's own bid for a lot; asks in a dialog where this browser does not hold them. */
export async function obtainBidSecrets(lot: string, want: { bid?: string; signing?: boolean } = {}): Promise<BidSecrets> {
  const record = await standing(lot, want.bid)
  if (record?.secret && (record.receiptKey || !want.signing)) return fromDevice(record)
  answer?.reject(secretsElsewhere())
  return new Promise((resolve, reject) => {
    answer = { resolve, reject }
    problemOfDialog.value = null
    asked.value = { lot, bid: want.bid ?? record?.bid ?? null, signing: want.signing ?? false }
  })
}

async function fromDevice(record: BidRecord): Promise<BidSecrets> {
  const key = record.receiptKey
  // A bid that was taken over from its key file comes without its manifest; from Closed on the hall serves it.
  const manifest = async (): Promise<Manifest> => (record.manifest.length ? parseManifest(record.manifest) : servedManifest(record.lot, record.bid))
  return {
    bid: record.bid,
    source: 'device',
    partKey: async (part) => bidderPartKey(await manifest(), await unlock(record.owner, record.secret!), part),
    sign: key ? (statement) => signStatement(key, statement) : null,
    key,
  }
}

/** From a key file and its passphrase. Throws `Invalid` or `Problem`. */
export async function fromKeyFile(request: SecretsRequest, file: Uint8Array, passphrase: string): Promise<BidSecrets> {
  const held = await unwrapKeyFile(file, passphrase)
  if (held.ctx.lot !== request.lot || (request.bid && held.bid !== request.bid)) throw keyFileForeign()
  const manifest = await manifestOf(request.lot, held.bid)
  let key: CryptoKey | null = null
  if (manifest) key = await importReceiptKey(held.receiptPrivate, manifest.receiptKey)
  return {
    bid: held.bid,
    source: 'key-file',
    partKey: async (part) => bidderPartKey(manifest ?? (await servedManifest(request.lot, held.bid)), held.kBidder, part),
    sign: key && ((statement) => signStatement(key, statement)),
    key,
  }
}

/** From the recovery code, with the manifest that the hall serves once the lot is closed. */
export async function fromRecoveryCode(request: SecretsRequest, bid: string, code: string): Promise<BidSecrets> {
  const manifest = (await manifestOf(request.lot, bid)) ?? (await servedManifest(request.lot, bid))
  const kBidder = await unwrapRecovery(manifest, code)
  return { bid, source: 'recovery-code', partKey: (part) => Promise.resolve(bidderPartKey(manifest, kBidder, part)), sign: null, key: null }
}

async function manifestOf(lot: string, bid: string): Promise<Manifest | null> {
  const record = await findBid(bid)
  if (record?.lot === lot && record.manifest.length) return parseManifest(record.manifest)
  return servedManifest(lot, bid).catch(() => null)
}

/** A bid's manifest as the hall serves it to anybody from Closed on; checked by its bid id. */
async function servedManifest(lot: string, bid: string): Promise<Manifest> {
  const served = await ask<{ manifest: string }>(`/halls/${encodeURIComponent(lot)}/wraps/${encodeURIComponent(bid)}`)
  const manifest = parseManifest(unb64(served.manifest))
  if (manifest.bid !== bid || manifest.ctx.lot !== lot) throw keyFileForeign()
  return manifest
}

/** The dialog's answer. */
export function giveSecrets(secrets: BidSecrets): void {
  asked.value = null
  answer?.resolve(secrets)
  answer = null
}

export function refuseSecrets(): void {
  asked.value = null
  answer?.reject(secretsElsewhere())
  answer = null
}

/** What was typed into the form of a part, as this browser kept it; to compare with what is read out. */
export async function localForm(lot: string, bid: string, part: string): Promise<Record<string, string> | null> {
  const record = await standing(lot, bid)
  if (!record?.forms) return null
  const forms = JSON.parse(await unlockText(record.owner, record.forms)) as Record<string, Record<string, string>>
  return forms[part] ?? null
}

/** Proof of the receipt key for a seat before the list; null when this browser holds no such bid. */
export async function receiptProof(lot: string, bid?: string): Promise<{ bid: string; challenge: string; sig: string } | null> {
  const record = await standing(lot, bid)
  if (!record?.receiptKey) return null
  return { bid: record.bid, ...(await seatProof(speakerOf(record, record.receiptKey))) }
}

/** 签到 without a name, under the receipt key. */
export async function checkInBid(lot: string, bid: string): Promise<Said> {
  const record = await standing(lot, bid)
  const sign = record?.receiptKey ? speakerOf(record, record.receiptKey).sign : (await obtainBidSecrets(lot, { bid, signing: true })).sign
  if (!sign) throw secretsElsewhere()
  const tender = record?.tender ?? (await ask<{ tender: string }>(`/lots/${encodeURIComponent(lot)}`)).tender
  const said = await checkIn({ tender, lot, bid, sign })
  if (record) await changeBid(bid, { checkedInAt: said.receivedAt })
  return said
}

/** 投标人解密: hand over K_bidder of a part without a session; the key proves itself. */
export function releaseKey(lot: string, bid: string, part: string, key: Uint8Array): Promise<Record<string, unknown>> {
  return say(`/halls/${encodeURIComponent(lot)}/release`, { bid, part, key: b64(key) } satisfies Bodies['POST /halls/{lot}/release'])
}

/** A bid's receipt key as this browser holds it, else from its key file. */
export async function receiptKeyOf(record: BidRecord): Promise<CryptoKey> {
  if (record.receiptKey) return record.receiptKey
  const secrets = await obtainBidSecrets(record.lot, { bid: record.bid, signing: true })
  if (!secrets.key) throw secretsElsewhere()
  return secrets.key
}
