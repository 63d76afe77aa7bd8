/** The desk of one lot: its checked package, this person's bids for it, the draft, and the run, for the page and its panels. */
import { computed, inject, onScopeDispose, provide, reactive, ref, shallowRef, type InjectionKey } from 'vue'
import { asProblem, type Problem } from '@/api/problem'
import { now } from '@/clock'
import { useSession } from '@/identity/session'
import { checkLot, type CheckedLot } from '../lot/check'
import { fetchLot, fetchNotices, type LotPackage } from '../lot/package'
import { pinKeyset } from '../lot/pins'
import { explained } from '../explain'
import { bidsOf, forgetBid, isActive } from '../state/bids'
import { hear, takeTurn } from '../state/channel'
import { database, type BidRecord } from '../state/db'
import { removeParts } from '../state/opfs'
import type { RunState } from '../upload/messages'
import { emptyDraft, loadDraft, type Draft } from './draft'
import { runOf, type Run } from './run'
import { rememberedOwner } from './owner'

/** What the desk knows and what follows from it. */
function deskState(lotId: string) {
  const session = useSession()
  const raw = shallowRef<LotPackage | null>(null)
  const lot = shallowRef<CheckedLot | null>(null)
  /** Why nothing is sealed to this lot; everything else of the page still works. */
  const unsound = shallowRef<Problem | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const keysetBefore = ref<string | null>(null)
  const bids = shallowRef<BidRecord[]>([])
  const draft = reactive<Draft>(emptyDraft())
  const owner = ref(rememberedOwner())
  const elsewhere = shallowRef<RunState | null>(null)
  const elsewhereWorks = ref(false)
  const strayed = ref(false)
  const clock = ref(now())
  const run = computed<Run | null>(() => (owner.value ? runOf(owner.value, lotId) : null))
  const current = computed(() => [...bids.value].reverse().find(isActive) ?? null)
  const live = computed(() => [...bids.value].reverse().find((bid) => bid.phase === 'live') ?? null)
  const last = computed(() => current.value ?? bids.value.at(-1) ?? null)
  const over = computed(() => raw.value !== null && Date.parse(raw.value.deadline) <= clock.value)
  /** What the run shows: this tab's, or the other tab's. */
  const shown = computed<RunState | null>(() => (run.value?.working.value || run.value?.state.bid ? run.value.state : elsewhere.value))
  return { lotId, session, raw, lot, unsound, problem, keysetBefore, bids, draft, owner, elsewhere, elsewhereWorks, strayed, clock, run, current, live, last, over, shown }
}

export function makeDesk(lotId: string) {
  const state = deskState(lotId)
  const { session, raw, lot, unsound, problem, keysetBefore, bids, draft, owner, elsewhere, elsewhereWorks, strayed, clock, run } = state

  async function reloadBids(): Promise<void> {
    if (owner.value) bids.value = await bidsOf(owner.value, lotId)
  }

  async function load(): Promise<void> {
    problem.value = null
    try {
      owner.value = rememberedOwner(session.value)
      await reloadBids()
      raw.value = await fetchLot(lotId)
      await check(raw.value)
    } catch (thrown) {
      problem.value = asProblem(thrown)
    }
  }

  async function check(found: LotPackage): Promise<void> {
    unsound.value = null
    try {
      lot.value = await checkLot(found, await fetchNotices(found.tender))
      keysetBefore.value = await pinKeyset(lotId, lot.value.keysetHash)
    } catch (thrown) {
      unsound.value = explained(thrown)
    }
    if (owner.value) await loadDraft(draft, owner.value, found)
    if (owner.value && bids.value.length) await remember(found)
  }

  async function acceptKeyset(): Promise<void> {
    if (lot.value) await pinKeyset(lotId, lot.value.keysetHash, true)
    keysetBefore.value = null
  }

  /** Put the lot among my tenders, in this browser only. */
  const remember = (found: LotPackage): Promise<void> => rememberLot(owner.value!, found)

  /** Whether another tab works on this lot; if none does, what a closed tab left half-sealed is cleared away. */
  async function lookAround(): Promise<void> {
    if (!owner.value || run.value?.working.value) return
    const found = await clearStray(owner.value, lotId, bids.value)
    elsewhereWorks.value = found === 'busy'
    strayed.value ||= found === 'cleared'
    await reloadBids()
  }

  const unhear = hear((told) => {
    if (told.lot !== lotId) return
    if (told.kind === 'bids') void reloadBids()
    else if (!run.value?.working.value && told.state.bid !== run.value?.state.bid) {
      elsewhere.value = told.state
      elsewhereWorks.value = told.state.stage !== 'done' && told.state.stage !== 'failed'
    }
  })
  const timer = setInterval(() => (clock.value = now()), 1000)
  onScopeDispose(() => {
    unhear()
    clearInterval(timer)
  })

  return { ...state, load, reloadBids, acceptKeyset, remember, lookAround }
}

async function rememberLot(owner: string, found: LotPackage): Promise<void> {
  const { lot, tender, title, tenderTitle, deadline } = found
  const record = { id: `${owner} ${lot}`, owner, lot, tender, title, tenderTitle, deadline, seenAt: new Date(now()).toISOString() }
  await (await database()).put('mine', record)
}

/** Clear away what a closed tab left in the middle of sealing; `busy` when another tab is at work. */
async function clearStray(owner: string, lot: string, bids: readonly BidRecord[]): Promise<'busy' | 'cleared' | 'clean'> {
  const turn = await takeTurn(owner, lot)
  if (!turn) return 'busy'
  try {
    const stray = bids.filter((one) => one.phase === 'sealing')
    for (const bid of stray) {
      await removeParts(bid.bid)
      await forgetBid(bid)
    }
    return stray.length ? 'cleared' : 'clean'
  } finally {
    turn.release()
  }
}

export type Desk = ReturnType<typeof makeDesk>
const KEY: InjectionKey<Desk> = Symbol('desk')
export const provideDesk = (desk: Desk): void => provide(KEY, desk)
export function useDesk(): Desk {
  const desk = inject(KEY)
  if (!desk) throw new Error('no desk here')
  return desk
}
