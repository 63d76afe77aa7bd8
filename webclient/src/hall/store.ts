/** The hall as one seat sees it, kept live: what every view of the hall is drawn from. */
import { computed, type ComputedRef, inject, type InjectionKey, onScopeDispose, provide, readonly, type Ref, ref, type ShallowRef, shallowRef } from 'vue'
import { get, post, type Problem } from '@/api/http'
import { site } from '@/app/place'
import { feed } from '@/clock'
import { HallConnection, type SendOptions } from './live/connection'
import { greeting, takeEarly } from './live/early'
import type { HallState, Seen, SeatProof, Transport } from './live/types'
import type { Answer, BidRow, Command, HallMine, HallView, Phase } from './wire'

export type { HallState, Transport } from './live/types'
export type { SendOptions } from './live/connection'

/** Views are shown at most this often: a storm of releases then costs a few renderings a second, not fifty. */
const SHOW_EVERY_MS = 60

/** One bid on the announced list. */
export interface Row {
  id: string
  bid: BidRow
  /** The committee did not call it to this later part (复会). */
  out: boolean
}

export interface HallStore {
  readonly lot: string
  readonly view: Readonly<ShallowRef<HallView>>
  readonly mine: Readonly<ShallowRef<HallMine>>
  readonly seat: Readonly<Ref<string>>
  readonly role: ComputedRef<string>
  /** The version shown; null until the hall was seen. */
  readonly v: Readonly<Ref<number | null>>
  readonly state: Readonly<Ref<HallState>>
  readonly transport: Readonly<Ref<Transport>>
  readonly problem: Readonly<ShallowRef<Problem | null>>
  readonly phase: ComputedRef<Phase | null>
  readonly part: ComputedRef<string>
  /** The announced list in its order. */
  readonly rows: ComputedRef<readonly Row[]>
  /** The bid this seat speaks for. */
  readonly own: ComputedRef<Row | null>
  may(command: Command): boolean
  send(command: Command, fields?: object, options?: SendOptions): Promise<Answer>
  reconnect(): void
}

export interface HallOptions {
  /** The seat to take where the person has several, or a receipt's; without it the server chooses. */
  seat?: string
  proof?: SeatProof | undefined
}

const KEY: InjectionKey<HallStore> = Symbol('hall')
const NOTHING = Object.freeze({ phase: 'SCHEDULED' }) as HallView
const NOBODY = Object.freeze({ seat: '', role: '', may: [] }) as unknown as HallMine

export function provideHall(store: HallStore): void {
  provide(KEY, store)
}

/** The hall this component stands in. */
export function hallHere(): HallStore {
  const store = inject(KEY)
  if (!store) throw new Error('outside a hall')
  return store
}

/** Connect to a lot's hall for as long as the calling component lives. */
export function useHall(lot: string, options: HallOptions = {}): HallStore {
  const shown = shallowRef<Seen | null>(null)
  const state = ref<HallState>('connecting')
  const transport = ref<Transport>('socket')
  const problem = shallowRef<Problem | null>(null)
  const show = paced((seen: Seen) => (shown.value = seen))
  const connection = new HallConnection(
    options.seat ?? '',
    options.proof ?? null,
    {
      seen: show.put,
      round: feed,
      state: (now, by, why) => {
        state.value = now
        transport.value = by
        problem.value = why
      },
    },
    ports(lot),
  )
  connection.start()
  const unwatch = watchNetwork(connection)
  onScopeDispose(() => {
    unwatch()
    show.stop()
    connection.stop()
  })
  return store(lot, shown, { state, transport, problem }, connection, show)
}

function store(
  lot: string,
  shown: ShallowRef<Seen | null>,
  told: { state: Ref<HallState>; transport: Ref<Transport>; problem: ShallowRef<Problem | null> },
  connection: HallConnection,
  show: Paced<Seen>,
): HallStore {
  const view = computed(() => shown.value?.view ?? NOTHING)
  const mine = computed(() => shown.value?.mine ?? NOBODY)
  // Computed in steps: what did not change by identity wakes nobody.
  const bids = computed(() => view.value.bids)
  const called = computed(() => view.value.contenders)
  const rows = computed(() => listed(bids.value, called.value))
  const ownId = computed(() => mine.value.bid)
  const may = computed(() => new Set(mine.value.may))
  return {
    lot,
    view,
    mine,
    seat: computed(() => shown.value?.seat ?? ''),
    role: computed(() => mine.value.role),
    v: computed(() => shown.value?.v ?? null),
    state: readonly(told.state),
    transport: readonly(told.transport),
    problem: told.problem,
    phase: computed(() => (shown.value ? view.value.phase : null)),
    part: computed(() => view.value.part ?? ''),
    rows,
    own: computed(() => {
      const id = ownId.value
      const bid = id === undefined ? undefined : bids.value?.[id]
      return id !== undefined && bid ? rowOf(id, bid, called.value) : null
    }),
    may: (command) => may.value.has(command),
    send: async (command, fields, options) => {
      const answer = await connection.send(command, fields, options)
      // Whoever acted looks at what became of it next.
      show.now()
      return answer
    },
    reconnect: () => connection.hurry(),
  }
}

/** Rows in the order of the list. Row objects live as long as their bid is unchanged. */
const remembered = new WeakMap<BidRow, Row>()
function listed(bids: Record<string, BidRow> | undefined, called: readonly string[] | undefined): readonly Row[] {
  if (!bids) return []
  return Object.keys(bids)
    .map((id) => rowOf(id, bids[id]!, called))
    .sort(byNumber)
}

/** `called`: whom the committee called to a later part; before that everybody listed takes part. */
function rowOf(id: string, bid: BidRow, called: readonly string[] | undefined): Row {
  const out = called !== undefined && !called.includes(id)
  const known = remembered.get(bid)
  if (known?.out === out) return known
  const row = { id, bid, out }
  remembered.set(bid, row)
  return row
}

function byNumber(a: Row, b: Row): number {
  const [first, second] = [a.bid.number ?? Infinity, b.bid.number ?? Infinity]
  if (first !== second) return first - second
  return a.bid.receivedAt < b.bid.receivedAt ? -1 : a.bid.receivedAt > b.bid.receivedAt ? 1 : a.id < b.id ? -1 : 1
}

interface Paced<T> {
  put(value: T): void
  /** Show what is kept back without waiting. */
  now(): void
  stop(): void
}

/** The newest value, shown at once and then at most every SHOW_EVERY_MS. */
function paced<T>(show: (value: T) => void): Paced<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  let kept: { value: T } | null = null
  const open = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (kept) put(kept.value)
  }
  const put = (value: T): void => {
    if (timer !== undefined) {
      kept = { value }
      return
    }
    kept = null
    show(value)
    timer = setTimeout(open, SHOW_EVERY_MS)
  }
  return { put, now: open, stop: () => clearTimeout(timer) }
}

function ports(lot: string): ConstructorParameters<typeof HallConnection>[3] {
  const path = `/halls/${encodeURIComponent(lot)}`
  // A receipt's seat is nobody's by name: its connection must not carry a session along.
  const nameless = (query: string): boolean => new URLSearchParams(query).get('seat')?.startsWith('receipt:') ?? false
  return {
    open: (query, words) => {
      const url = `${location.origin.replace(/^http/, 'ws')}${nameless(query) ? '' : site}/api${path}/ws${query}`
      return takeEarly(url, words) ?? greeting(url, words)
    },
    snapshot: (query) => get<Seen>(`${path}${query}`, { anonymous: nameless(query) }),
    command: (query, body) => post<Answer>(`${path}/commands${query}`, body, { anonymous: nameless(query) }),
    now: () => performance.now(),
    random: () => Math.random(),
  }
}

/** The browser knows sooner than a timeout when the network goes and comes, and when somebody looks again. */
function watchNetwork(connection: HallConnection): () => void {
  const back = (): void => connection.hurry()
  const gone = (): void => connection.networkLost()
  const looked = (): void => {
    if (document.visibilityState === 'visible') connection.hurry()
  }
  addEventListener('online', back)
  addEventListener('offline', gone)
  addEventListener('pageshow', looked)
  document.addEventListener('visibilitychange', looked)
  return () => {
    removeEventListener('online', back)
    removeEventListener('offline', gone)
    removeEventListener('pageshow', looked)
    document.removeEventListener('visibilitychange', looked)
  }
}
