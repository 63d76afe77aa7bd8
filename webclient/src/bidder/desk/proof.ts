/** Proof that the bid is in the public log: asked for until its sealed batch is there, then checked in this browser and kept. */
import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue'
import { Problem } from '@/api/problem'
import { askText } from '../anonymous'
import { pinLogKey } from '../lot/pins'
import { changeBid } from '../state/bids'
import type { BidRecord } from '../state/db'
import { checkProof, type ReceiptProof } from './proof-check'

export interface Proven {
  index: number
  stampedAt: string | null
}

/** How long between two questions while the batch is not there, in ms. */
const PAUSE = 20_000

export function useProof(bid: () => BidRecord): { proof: ShallowRef<Proven | null>; proofProblem: ShallowRef<unknown> } {
  const proof = shallowRef<Proven | null>(null)
  const proofProblem = shallowRef<unknown>(null)
  let timer = 0

  async function look(): Promise<void> {
    clearTimeout(timer)
    const record = bid()
    if (!record.receipt) return
    try {
      const text = record.proof ?? (await askText(`/receipts/${record.submission}/proof`))
      const found = JSON.parse(text) as ReceiptProof
      const vkey = (await askText('/log/vkey')).split('\n')[0]!
      const before = await pinLogKey(vkey)
      await checkProof(record.submission, found, before ?? vkey)
      proof.value = { index: found.event.index, stampedAt: found.stampedAt }
      // Asked for once more while the time stamp is missing; the proof stands without it.
      if (record.proof !== text) await changeBid(record.bid, { proof: text })
    } catch (thrown) {
      const waiting = thrown instanceof Problem && ['proof-not-ready', 'not-decided', 'offline'].includes(thrown.code)
      if (waiting) timer = setTimeout(() => void look(), PAUSE) as unknown as number
      else proofProblem.value = thrown
    }
  }
  watch(() => bid().submission, look, { immediate: true })
  onScopeDispose(() => clearTimeout(timer))
  return { proof, proofProblem }
}
