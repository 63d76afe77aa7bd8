/**
 * Carrying acts out: one at a time, with what happens said as it happens, a receipt when it is logged and the
 * problem when it is refused. Everything the act panel shows about an act comes from here.
 */
import { inject, type InjectionKey, provide, type Ref, ref, type ShallowRef, shallowRef } from 'vue'
import { explained } from '@/api/explained'
import { post, Problem } from '@/api/http'
import { b64 } from '@/crypto/canonical'
import { signer } from '@/identity/session'
import type { HallStore } from '../store'
import type { Answer, Command } from '../wire'
import { seatsOf, signedIn } from './duty'
import { type ActReceipt, keepReceipt, keptReceipts, receiptOf } from './receipts'

export interface Acts {
  readonly hall: HallStore
  /** What is being done now, by its key; one act at a time. */
  readonly running: Readonly<Ref<string | null>>
  /** How far it is, in words. */
  readonly step: Ref<string>
  readonly problem: ShallowRef<{ key: string; problem: Problem } | null>
  readonly receipts: Readonly<ShallowRef<readonly ActReceipt[]>>
  /** Spoken by the panel's live region. */
  readonly said: Ref<string>
  /** Do something under a key. Resolves false when it was refused or another act is running. */
  run(key: string, act: () => Promise<unknown>): Promise<boolean>
  /** Give a command from one of the person's seats and keep the receipt. */
  send(seat: string, command: Command, fields?: object, options?: { quiet?: boolean }): Promise<Answer>
  /** The CMS of this tab's identity over a statement, as it travels. */
  sign(statement: Uint8Array): Promise<string>
}

const KEY: InjectionKey<Acts> = Symbol('acts')
/** Inside a dialog that already carries the act's title. */
export const TITLED: InjectionKey<boolean> = Symbol('titled')

export function provideActs(acts: Acts): void {
  provide(KEY, acts)
}

export function actsHere(): Acts {
  const acts = inject(KEY)
  if (!acts) throw new Error('outside the act panel')
  return acts
}

/** A fresh id under which a command takes effect once at most. */
export function commandId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('')
}

export function makeActs(hall: HallStore, done: () => string): Acts {
  const running = ref<string | null>(null)
  const step = ref('')
  const problem = shallowRef<{ key: string; problem: Problem } | null>(null)
  const receipts = shallowRef<readonly ActReceipt[]>(keptReceipts(hall.lot))
  const said = ref('')

  async function run(key: string, act: () => Promise<unknown>): Promise<boolean> {
    if (running.value) return false
    running.value = key
    problem.value = null
    step.value = ''
    try {
      await act()
      said.value = done()
      return true
    } catch (thrown) {
      // A dialog that the person closed is no failure.
      if (!(thrown instanceof Problem && thrown.code.endsWith('-cancelled'))) problem.value = { key, problem: await explained(thrown) }
      return false
    } finally {
      running.value = null
      step.value = ''
    }
  }

  const give = (seat: string, command: Command, fields: object): Promise<Answer> =>
    seat === hall.seat.value ? hall.send(command, fields) : sendFor(hall.lot, seat, command, fields)

  /** Whoever acts is there: the person's seats are taken with the first act, as by the command line's client. */
  async function takeSeats(): Promise<void> {
    for (const { seat, may } of seatsOf(hall.mine.value)) {
      if (!may.has('SignIn') || signedIn(hall.view.value, hall.mine.value, seat)) continue
      try {
        keep(seat, 'SignIn', await give(seat, 'SignIn', {}))
      } catch {
        // Not open yet, or no connection: no ground to hold up what the person really wants.
        return
      }
    }
  }

  function keep(seat: string, command: Command, answer: Answer): void {
    const receipt = receiptOf(hall.lot, seat, command, answer)
    if (receipt) receipts.value = keepReceipt(hall.lot, receipt)
  }

  async function send(seat: string, command: Command, fields: object = {}, options: { quiet?: boolean } = {}): Promise<Answer> {
    if (command !== 'SignIn') await takeSeats()
    const answer = await give(seat, command, fields)
    if (!options.quiet) keep(seat, command, answer)
    return answer
  }

  const sign = async (statement: Uint8Array): Promise<string> => b64(await (await signer()).detachedCms(statement))
  return { hall, running, step, problem, receipts, said, run, send, sign }
}

/** A command from another of the person's seats: the socket belongs to one seat, so this goes over HTTP. */
function sendFor(lot: string, seat: string, command: Command, fields: object): Promise<Answer> {
  const path = `/halls/${encodeURIComponent(lot)}/commands?seat=${encodeURIComponent(seat)}`
  return post<Answer>(path, { id: commandId(), do: command, ...fields })
}
