/** What a bid says before the opening, under its receipt key and without a name (docs/formats/receipt-statements.md). */
import { b64, canon, type Json } from '@/crypto/canonical'
import { now } from '@/clock'
import type { Bodies, Replacement } from '@/wire/bodies'
import { ask, say } from './anonymous'
import type { BidRecord } from './state/db'

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' } as const

/** A receipt key for this browser: signs, and cannot be taken out again. `point` is the manifest's `receiptKey`. */
export async function importReceiptKey(scalar: Uint8Array, point: Uint8Array): Promise<CryptoKey> {
  const jwk = { kty: 'EC', crv: 'P-256', d: b64(scalar), x: b64(point.subarray(1, 33)), y: b64(point.subarray(33, 65)) }
  return crypto.subtle.importKey('jwk', jwk, ECDSA, false, ['sign'])
}

/** The signature over a statement: raw r ‖ s in base64url. */
export async function signStatement(key: CryptoKey, statement: Record<string, Json>): Promise<string> {
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, canon(statement))
  return b64(new Uint8Array(signature))
}

/** Who speaks: a bid of a lot, with whatever signs for it. */
export interface Speaker {
  tender: string
  lot: string
  bid: string
  sign: (statement: Record<string, Json>) => Promise<string>
}

export const speakerOf = (bid: BidRecord, key: CryptoKey): Speaker => ({
  tender: bid.tender,
  lot: bid.lot,
  bid: bid.bid,
  sign: (statement) => signStatement(key, statement),
})

const about = (by: Speaker, label: string, facts: Record<string, Json>): Record<string, Json> => ({ label, tender: by.tender, lot: by.lot, ...facts })
const at = (): string => new Date(now()).toISOString()
const path = (by: Speaker, what: string): string => `/lots/${encodeURIComponent(by.lot)}/${what}`

export interface Said {
  hash: string
  receivedAt: string
}

/** 签到: sign in to the opening without a name. */
export async function checkIn(by: Speaker): Promise<Said> {
  const facts = { bid: by.bid, at: at() }
  return say<Said>(path(by, 'checkin'), { ...facts, sig: await by.sign(about(by, 'kaibiao/checkin/v1', facts)) } satisfies Bodies['POST /lots/{lot}/checkin'])
}

/** 补遗签收: acknowledge a revision of the documents. */
export async function acknowledge(by: Speaker, revision: number, docsHash: string): Promise<Said> {
  const facts = { bid: by.bid, revision, docsHash, at: at() }
  return say<Said>(path(by, 'acks'), { ...facts, sig: await by.sign(about(by, 'kaibiao/ack-addendum/v1', facts)) } satisfies Bodies['POST /lots/{lot}/acks'])
}

export type DiagnosticKind = 'clock-offset' | 'upload-progress' | 'key-test' | 'socket-loss' | 'environment' | 'note'

/** Report what this computer observed; before the deadline it lies in sealed batches that nobody can read. */
export async function diagnose(by: Speaker, kind: DiagnosticKind, facts: Record<string, string>): Promise<Said> {
  const body = { bid: by.bid, kind, facts, at: at() }
  return say<Said>(path(by, 'diagnostics'), { ...body, sig: await by.sign(about(by, 'kaibiao/diagnostic/v1', body)) } satisfies Bodies['POST /lots/{lot}/diagnostics'])
}

/** 撤回: take the bid back before the deadline. The platform's signed confirmation. */
export async function withdraw(by: Speaker, submission: string): Promise<Record<string, string>> {
  return say(path(by, 'withdraw'), { submission, sig: await by.sign(about(by, 'kaibiao/withdraw/v1', { submission })) } satisfies Bodies['POST /lots/{lot}/withdraw'])
}

/** The old bid's permission to be replaced by the new one; takes effect with the new one's acceptance. */
export async function replacement(by: Speaker, old: string, fresh: string): Promise<Replacement> {
  const names = { old, new: fresh }
  return { ...names, sig: await by.sign(about(by, 'kaibiao/replace/v1', names)) }
}

/** Proof of the receipt key for a seat in the hall before the list is announced; asked for anew at every connection. */
export async function seatProof(by: Speaker): Promise<{ challenge: string; sig: string }> {
  const { challenge } = await ask<{ challenge: string }>(`/halls/${encodeURIComponent(by.lot)}/challenge`)
  return { challenge, sig: await by.sign({ label: 'kaibiao/seat/v1', lot: by.lot, challenge }) }
}
