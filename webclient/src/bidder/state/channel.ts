/** One tab works on a lot, the others follow: a lock for the work, a channel for what happens. */
import type { RunState } from '../upload/messages'

export type Told = { kind: 'bids'; lot: string } | { kind: 'run'; lot: string; state: RunState }

const NAME = 'kaibiao-bidder'
let channel: BroadcastChannel | null = null
const open = (): BroadcastChannel | null => {
  if (typeof BroadcastChannel === 'undefined') return null
  channel ??= new BroadcastChannel(NAME)
  return channel
}

const here = new Set<(told: Told) => void>()

/** Tell this tab and the others. */
export function tell(told: Told): void {
  for (const listener of here) listener(told)
  open()?.postMessage(told)
}

/** Hear what this tab and the others tell; returns how to stop. */
export function hear(listener: (told: Told) => void): () => void {
  const from = open()
  const take = (event: MessageEvent<Told>): void => listener(event.data)
  here.add(listener)
  from?.addEventListener('message', take)
  return () => {
    here.delete(listener)
    from?.removeEventListener('message', take)
  }
}

/** The right to work on a lot's bid, held by at most one tab of this browser. */
export interface Turn {
  release: () => void
}

/** Take the turn if it is free; null when another tab has it. */
export function takeTurn(owner: string, lot: string): Promise<Turn | null> {
  return new Promise((resolve, reject) => {
    const name = turnName(owner, lot)
    navigator.locks
      .request(name, { ifAvailable: true }, (held) => {
        if (!held) {
          resolve(null)
          return undefined
        }
        return new Promise<void>((done) => resolve({ release: done }))
      })
      .catch(reject)
  })
}

/** Resolves when the tab that works on the lot is done or gone. */
export async function otherTabFree(owner: string, lot: string, signal: AbortSignal): Promise<void> {
  try {
    await navigator.locks.request(turnName(owner, lot), { signal }, () => undefined)
  } catch (fault) {
    if (!signal.aborted) throw fault
  }
}

const turnName = (owner: string, lot: string): string => `kaibiao-bid-${owner}-${lot}`
