/**
 * One lot's sealing and upload in this tab: outlives the page's navigation, holds the lot's turn against other tabs,
 * and writes down every step before the next one begins, so that a reload goes on where this stopped.
 */
import { reactive, shallowRef, type ShallowRef } from 'vue'
import { asProblem, Problem } from '@/api/problem'
import { now } from '@/clock'
import { newBid } from '@/crypto/context'
import { parseManifest } from '@/crypto/manifest'
import { bytes } from '@/i18n'
import { notEnoughRoom, otherTab } from '../problems'
import { speakerOf, importReceiptKey, replacement } from '../statements'
import { changeBid, findBid, forgetBid, putBid } from '../state/bids'
import { takeTurn, tell, type Turn } from '../state/channel'
import type { BidRecord } from '../state/db'
import { lock, lockText } from '../state/device'
import { freeBytes, removeParts } from '../state/opfs'
import { takeTicket } from '../tickets'
import type { FromWorker, RunState, SealRequest, SealResult, ToWorker, UploadResult } from '../upload/messages'
import { settle } from './settle'
import workerUrl from '../sealing.worker.ts?worker&url'
import { startWorker } from '@/app/trusted'

/** What the desk has gathered for one sealing. */
export interface Offer {
  owner: string
  title: string
  deadline: string
  revision: number
  request: Omit<SealRequest, 'bid'>
  /** The bid this one replaces, and the key that may say so. */
  replacing: { record: BidRecord; key: CryptoKey } | null
  /** A computer others use: no secret stays here. */
  shared: boolean
  /** Bytes the ciphertexts will take. */
  room: number
}

const IDLE: Omit<RunState, 'bid'> = {
  stage: 'preparing', paused: false, sealed: 0, sealTotal: 0, sent: 0, confirmed: 0, total: 0, speed: 0, left: null, waiting: false, interruptions: 0,
}
/** Refusals of a ticket: another one is taken. */
const TICKET = new Set(['ticket-spent', 'ticket-expired', 'ticket-invalid'])
/** Refusals after which the same bytes can never become a bid. */
const FINAL = new Set([
  'late', 'lot-ended', 'wrong-lot', 'wrong-round', 'wrong-keyset', 'wrong-documents', 'wrong-parts', 'wrong-size', 'bad-manifest',
  'root-mismatch', 'not-encrypted', 'replace-mismatch', 'changed-on-resume', 'ciphertext-gone',
])

export class Run {
  readonly state = reactive<RunState>({ bid: '', ...IDLE })
  readonly problem: ShallowRef<Problem | null> = shallowRef(null)
  readonly working = shallowRef(false)
  /** The recovery code while this tab still knows it. */
  readonly code = shallowRef('')
  #worker: Worker | null = null
  #turn: Turn | null = null
  #answer: { resolve: (told: FromWorker) => void; reject: (fault: unknown) => void } | null = null

  constructor(
    readonly owner: string,
    readonly lot: string,
  ) {}

  /** Seal and upload. The problem, if any, is in `problem`. */
  async start(offer: Offer): Promise<void> {
    await this.#work(async () => {
      const free = await freeBytes()
      if (free !== null && free < offer.room * 1.02) throw notEnoughRoom(bytes(offer.room), bytes(free))
      void navigator.storage?.persist?.()
      const bid = newBid()
      this.#show({ bid, ...IDLE })
      await putBid(blank(bid, offer))
      const record = await this.#seal(bid, offer).catch(async (fault: unknown) => {
        await forgetBid(blank(bid, offer))
        throw fault
      })
      await this.#upload(record)
    })
  }

  /** Go on with what was sealed before: after a reload, a lost line, a spent session. */
  async resume(record: BidRecord): Promise<void> {
    await this.#work(async () => {
      this.#show({ bid: record.bid, ...IDLE, stage: 'uploading' })
      await this.#upload(record)
    })
  }

  pause(): void {
    this.#show({ paused: true, speed: 0, left: null })
    this.#post({ do: 'pause' })
    void this.#note({ paused: true })
  }

  go(): void {
    this.#show({ paused: false })
    this.#post({ do: 'resume' })
    void this.#note({ paused: false })
  }

  async #note(change: Partial<BidRecord>): Promise<void> {
    if (await findBid(this.state.bid)) await changeBid(this.state.bid, change)
  }

  async #work(task: () => Promise<void>): Promise<void> {
    if (this.working.value) return
    this.working.value = true
    this.problem.value = null
    try {
      this.#turn = await takeTurn(this.owner, this.lot)
      if (!this.#turn) throw otherTab()
      await task()
    } catch (thrown) {
      this.problem.value = asProblem(thrown)
      this.#show({ stage: 'failed', speed: 0, left: null, waiting: false })
    } finally {
      this.#worker?.terminate()
      this.#worker = null
      this.#turn?.release()
      this.#turn = null
      this.working.value = false
    }
  }

  async #seal(bid: string, offer: Offer): Promise<BidRecord> {
    const told = await this.#ask({ do: 'seal', request: { ...offer.request, bid } })
    if (told.is !== 'sealed') throw new Error(`unexpected ${told.is}`)
    this.code.value = told.result.recoveryCode
    return changeBid(bid, await sealedFields(offer, told.result))
  }

  async #upload(record: BidRecord): Promise<void> {
    let bid = record
    for (let tries = 0; ; tries += 1) {
      bid = await this.#ticketed(bid)
      try {
        const told = await this.#ask({ do: 'upload', request: requestOf(bid) })
        if (told.is !== 'uploaded') throw new Error(`unexpected ${told.is}`)
        await this.#finish(bid, told.result)
        return
      } catch (thrown) {
        if (!(thrown instanceof Problem)) throw thrown
        if (TICKET.has(thrown.code) && tries < 3) bid = await changeBid(bid.bid, { upload: null })
        else {
          await this.#ended(bid, thrown)
          throw thrown
        }
      }
    }
  }

  async #ticketed(record: BidRecord): Promise<BidRecord> {
    if (record.upload) return changeBid(record.bid, { phase: 'uploading' })
    const upload = { ticket: await takeTicket(), upload: '', secret: '', startedAt: new Date(now()).toISOString(), interruptions: 0 }
    return changeBid(record.bid, { phase: 'uploading', upload })
  }

  async #ended(record: BidRecord, fault: Problem): Promise<void> {
    if (!FINAL.has(fault.code)) return
    await changeBid(record.bid, {
      phase: fault.code === 'late' ? 'late' : 'refused',
      ended: { code: fault.code, detail: '' },
    })
    await removeParts(record.bid)
  }

  async #finish(record: BidRecord, result: UploadResult): Promise<void> {
    const upload = { ...((await findBid(record.bid))?.upload ?? record.upload!), interruptions: this.state.interruptions }
    await changeBid(record.bid, { upload })
    await settle(record.bid, result)
    this.#show({ stage: 'done', speed: 0, left: null, waiting: false })
  }

  #ask(message: ToWorker): Promise<FromWorker> {
    return new Promise((resolve, reject) => {
      this.#answer = { resolve, reject }
      this.#post(message)
      if (this.state.paused) this.#post({ do: 'pause' })
    })
  }

  #post(message: ToWorker): void {
    if (!this.#worker) {
      if (message.do === 'pause' || message.do === 'resume') return
      this.#worker = startWorker(workerUrl, 'sealing')
      this.#worker.onmessage = (event: MessageEvent<FromWorker>) => this.#heard(event.data)
      this.#worker.onerror = (event) => this.#answer?.reject(new Error(event.message || 'worker'))
    }
    this.#worker.postMessage(message)
  }

  #heard(told: FromWorker): void {
    if (told.is === 'progress') this.#show(told.state)
    else if (told.is === 'begun') void this.#begun(told.upload, told.secret)
    else if (told.is === 'failed') {
      const { code, zh, en, status, facts } = told.problem
      this.#answer?.reject(new Problem(code, zh, en, status, facts))
    } else this.#answer?.resolve(told)
  }

  async #begun(upload: string, secret: string): Promise<void> {
    const record = await findBid(this.state.bid)
    if (record?.upload) await changeBid(record.bid, { upload: { ...record.upload, upload, secret } })
  }

  #show(change: Partial<RunState>): void {
    Object.assign(this.state, change)
    tell({ kind: 'run', lot: this.lot, state: { ...this.state } })
  }
}

function blank(bid: string, offer: Offer): BidRecord {
  const { request } = offer
  const files = request.parts.flatMap((part) => part.files.map(({ name, file }) => ({ part: part.name, name, size: file.size })))
  const empty = new Uint8Array()
  return {
    bid, owner: offer.owner, tender: request.tender, lot: request.lot, round: request.round, title: offer.title, deadline: offer.deadline,
    phase: 'sealing', sealedAt: new Date(now()).toISOString(), docsHash: request.docsHash, revision: offer.revision, submission: '',
    manifest: empty, box: empty, keyFile: empty, secret: null, receiptKey: null, recovery: null, forms: null, kept: false, paused: false, receiptSaved: false, sizes: {}, files,
    prev: request.prev, upload: null, replace: null, acceptedAt: null, receipt: null, proof: null, withdrawn: null, ended: null,
    checkedInAt: null, acknowledged: {}, diagnosed: [],
  }
}

/** What is written down of a sealed bid; secrets only under keys. */
async function sealedFields(offer: Offer, result: SealResult): Promise<Partial<BidRecord>> {
  const point = parseManifest(result.manifest).receiptKey
  const key = await importReceiptKey(result.receiptPrivate, point)
  const old = offer.replacing
  return {
    phase: 'sealed',
    submission: result.submission,
    manifest: result.manifest,
    box: result.box,
    keyFile: result.keyFile,
    sizes: result.sizes,
    secret: offer.shared ? null : await lock(offer.owner, result.kBidder),
    receiptKey: offer.shared ? null : key,
    recovery: await lockText(offer.owner, result.recoveryCode),
    forms: offer.shared ? null : await lockText(offer.owner, JSON.stringify(Object.fromEntries(offer.request.parts.map((part) => [part.name, part.form])))),
    replace: old ? await replacement(speakerOf(old.record, old.key), old.record.submission, result.submission) : null,
  }
}

function requestOf(record: BidRecord) {
  const known = record.upload?.upload ? { upload: record.upload.upload, secret: record.upload.secret } : null
  const { bid, lot, manifest, box, sizes, replace } = record
  return { bid, lot, manifest, box, sizes, ticket: record.upload?.ticket ?? '', known, replace }
}

const runs = new Map<string, Run>()
/** The run of a person's lot in this tab. */
export function runOf(owner: string, lot: string): Run {
  const name = `${owner} ${lot}`
  let found = runs.get(name)
  if (!found) runs.set(name, (found = new Run(owner, lot)))
  return found
}
