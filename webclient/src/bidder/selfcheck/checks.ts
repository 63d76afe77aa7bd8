/** The environment self-check (环境自检), days before: each finding with a figure or a reason (bidding/client/selfcheck.py). */
import { Problem } from '@/api/problem'
import { raw } from '@/api/http'
import { b64, iso, sha256hex, unb64 } from '@/crypto/canonical'
import { verifyDetached } from '@/crypto/cms'
import { hpkeOpen } from '@/crypto/hpke'
import { newOpeningKey } from '@/crypto/keyset'
import type { Signer } from '@/identity/signer/signer'
import type { Bodies } from '@/wire/bodies'
import { ask, say } from '../anonymous'
import { freeBytes } from '../state/opfs'

export interface Judgement {
  verdict: 'valid' | 'invalid' | 'unknown'
  reason: string
  authority: string | null
  revocation: string
  onTheDay: boolean
}

/** What this computer and the platform know today about a certificate on the day of an opening. */
export async function judgeCertificate(signer: Signer, at: string): Promise<Judgement> {
  const day = new Date(at)
  const body: Bodies['POST /selfcheck/certificate'] = { certificate: b64(signer.certificate), chain: signer.chain.map(b64), at: iso(day) }
  const told = await say<Judgement & { validOnTheDay: boolean }>('/selfcheck/certificate', body)
  const lasts = signer.facts.notBefore <= day && day <= signer.facts.notAfter
  return { verdict: told.verdict, reason: told.reason, authority: told.authority, revocation: told.revocation, onTheDay: lasts && told.validOnTheDay }
}

/** Clocks further apart than this may miss the deadline without knowing, in ms. */
export const CLOCK_LIMIT = 2000
/** The trial upload, in bytes. */
const TRIAL = 4 << 20
/** Below this speed a bid of 500 MB takes more than two hours. */
export const SLOW = 64 * 1024
export const ROOM = 2.5 * 2 ** 30

/** The key signs and the signature verifies under the certificate. */
export async function checkSignature(signer: Signer): Promise<void> {
  const data = crypto.getRandomValues(new Uint8Array(32))
  const found = await verifyDetached(await signer.detachedCms(data), { data })
  if (sha256hex(found.certificate) !== sha256hex(signer.certificate)) throw new Error('signed by another certificate')
}

/** This browser opens an envelope that the platform sealed to a key made for the test. */
export async function checkEnvelope(): Promise<number> {
  const { point, private: key } = await newOpeningKey()
  const served = await say<{ envelope: string; info: string; sha256: string }>('/selfcheck/envelope', { publicKey: b64(point) } satisfies Bodies['POST /selfcheck/envelope'])
  const content = await hpkeOpen(key, unb64(served.envelope), { info: unb64(served.info) })
  if (sha256hex(content) !== served.sha256) throw new Error('opened to something else')
  return content.length
}

/** How far this computer's clock is behind the platform's, in ms, and how wrong that may be. */
export async function checkClock(): Promise<{ off: number; bound: number }> {
  let best = { off: 0, bound: Infinity }
  for (let n = 0; n < 3; n += 1) {
    const sent = performance.now()
    const { now } = await ask<{ now: string }>('/selfcheck/clock')
    const trip = performance.now() - sent
    if (trip / 2 < best.bound) best = { off: Math.round(Date.parse(now) + trip / 2 - Date.now()), bound: Math.ceil(trip / 2) }
  }
  return best
}

/** Bytes per second of a trial upload. */
export async function checkUpload(): Promise<number> {
  const probe = new Uint8Array(TRIAL)
  for (let at = 0; at < TRIAL; at += 65_536) crypto.getRandomValues(probe.subarray(at, at + 65_536))
  const began = performance.now()
  await raw('/selfcheck/bandwidth', { method: 'POST', anonymous: true, referrerPolicy: 'no-referrer', body: new Blob([probe]) })
  return (TRIAL * 1000) / Math.max(1, performance.now() - began)
}

/** A file in the private file system can be written, read and removed; the bytes the browser grants (null: it does not say). */
export async function checkStorage(): Promise<number | null> {
  const root = await navigator.storage.getDirectory()
  const name = `selfcheck-${Date.now()}`
  const file = await root.getFileHandle(name, { create: true })
  await root.removeEntry(file.name)
  return freeBytes()
}

/** A WebSocket to the platform carries a word and its answer: the live hall needs one. */
export function checkSocket(): Promise<void> {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/selfcheck/socket`)
  return new Promise((resolve, reject) => {
    const end = (act: () => void) => (): void => {
      clearTimeout(timer)
      act()
      socket.close()
    }
    const timer = setTimeout(end(() => reject(new Error('no answer'))), 8000)
    socket.onopen = () => socket.send('?')
    socket.onmessage = end(resolve)
    socket.onerror = end(() => reject(new Error('blocked')))
  })
}

/** The browser has what sealing needs. */
export function missingFeatures(): string[] {
  const needed: [string, boolean][] = [
    ['https', isSecureContext],
    ['WebCrypto', typeof crypto?.subtle === 'object'],
    ['OPFS', typeof navigator.storage?.getDirectory === 'function'],
    ['IndexedDB', typeof indexedDB === 'object'],
    ['Web Locks', typeof navigator.locks === 'object'],
    ['Worker', typeof Worker === 'function'],
    ['BroadcastChannel', typeof BroadcastChannel === 'function'],
  ]
  return needed.filter(([, there]) => !there).map(([name]) => name)
}

export const reasonOf = (thrown: unknown): string => (thrown instanceof Problem ? thrown.code : thrown instanceof Error ? thrown.message : String(thrown))
