import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api/http'
import type { Answer, HallMine, HallView } from '../wire'
import { HallConnection, type Ports } from './connection'
import type { HallState, Seen, Transport } from './types'

/** A socket whose other end is the test. */
class FakeSocket {
  static readonly OPEN = 1
  static all: FakeSocket[] = []
  readyState = 0
  sent: Record<string, unknown>[] = []
  onopen: (() => void) | null = null
  onclose: (() => void) | null = null
  onmessage: ((message: { data: string }) => void) | null = null
  constructor(
    readonly query: string,
    private readonly words: string,
  ) {
    FakeSocket.all.push(this)
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>)
  }
  close(): void {
    this.readyState = 3
  }
  open(): void {
    this.readyState = 1
    this.send(this.words)
    this.onopen?.()
  }
  tell(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  break(): void {
    this.readyState = 3
    this.onclose?.()
  }
  commands(): Record<string, unknown>[] {
    return this.sent.filter((message) => 'do' in message)
  }
}

const whole = (v: number, more: object = {}): object => ({ v, at: 't', seat: 'public:', view: { phase: 'SCHEDULED', lostMs: 0 }, mine: { seat: 'public:', role: 'public', may: [] }, ...more })
const refused = (code: string, status: number): Problem => new Problem(code, { what: '', meaning: '', do: '' }, { what: '', meaning: '', do: '' }, status)

describe('a connection to a hall', () => {
  let seen: Seen[] = []
  let states: [HallState, Transport, string | undefined][] = []
  let snapshot: () => Promise<Seen>
  let command: (query: string, body: object) => Promise<Answer>
  const last = (): FakeSocket => FakeSocket.all.at(-1)!

  function connect(seat = ''): HallConnection {
    const ports: Ports = {
      open: (query, words) => new FakeSocket(query, words) as unknown as WebSocket,
      snapshot: () => snapshot(),
      command: (query, body) => command(query, body),
      now: () => Date.now(),
      random: () => 0.5,
    }
    const listener = { seen: (s: Seen) => void seen.push(s), state: (s: HallState, t: Transport, p: Problem | null) => void states.push([s, t, p?.code]), round: () => undefined }
    const connection = new HallConnection(seat, null, listener, ports)
    connection.start()
    return connection
  }
  const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('WebSocket', FakeSocket)
    FakeSocket.all = []
    seen = []
    states = []
    snapshot = () => Promise.reject(refused('offline', 0))
    command = () => Promise.reject(refused('offline', 0))
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('says hello, follows patches, and goes on from its version at its own seat', async () => {
    connect()
    await settle()
    last().open()
    expect(last().sent[0]).toEqual({ hello: { since: null } })
    last().tell(whole(3, { seat: 'host:p_1' }))
    last().tell({ v: 5, since: 3, at: 'u', patch: { phase: 'CLOSING', lostMs: null }, mine: { may: ['Say'] } })
    expect(seen.at(-1)).toMatchObject({ v: 5, seat: 'host:p_1', view: { phase: 'CLOSING' }, mine: { may: ['Say'], role: 'public' } })
    last().break()
    expect(states.at(-1)).toEqual(['reconnecting', 'socket', undefined])
    await settle(1_000)
    last().open()
    expect(FakeSocket.all).toHaveLength(2)
    expect(last().query).toBe('?seat=host%3Ap_1')
    expect(last().sent[0]).toEqual({ hello: { since: 5 } })
  })

  it('starts afresh when a version is missing', async () => {
    connect()
    await settle()
    last().open()
    last().tell(whole(3))
    last().tell({ v: 9, since: 8, at: 'u', patch: { phase: 'CLOSED' } })
    expect(seen.at(-1)!.v).toBe(3)
    await settle(1_000)
    last().open()
    expect(last().sent[0]).toEqual({ hello: { since: null } })
    last().tell(whole(9))
    expect(seen.at(-1)!.v).toBe(9)
  })

  it('sends an unanswered command again under the same id, and answers once its version is seen', async () => {
    const hall = connect()
    await settle()
    last().open()
    last().tell(whole(1))
    let answer: Answer | null = null
    void hall.send('Say', { text: 'x' }).then((got) => (answer = got))
    const first = last().commands()[0]!
    last().break()
    await settle(1_000)
    last().open()
    expect(last().commands()).toEqual([first])
    last().tell({ re: first.id, ok: true, v: 2, at: 'u' })
    last().tell({ v: 1, since: 1, at: 'u', patch: {} })
    await settle()
    expect(answer).toBeNull()
    last().tell({ v: 2, since: 1, at: 'u', patch: {} })
    await settle()
    expect(answer).toMatchObject({ ok: true, v: 2 })
  })

  it('tells when nobody knows the outcome, with the id to ask again', async () => {
    const hall = connect()
    await settle()
    last().open()
    last().tell(whole(1))
    const sent = hall.send('SignIn').catch((fault: Problem) => fault)
    await settle(60_001)
    expect(await sent).toMatchObject({ code: 'outcome-unknown', facts: { id: FakeSocket.all[0]!.commands()[0]!.id } })
  })

  it('passes a refusal on', async () => {
    const hall = connect()
    await settle()
    last().open()
    last().tell(whole(1))
    const sent = hall.send('Say', { text: '' }).catch((fault: Problem) => fault)
    const text = { what: 'w', meaning: 'm', do: 'd' }
    last().tell({ re: last().commands()[0]!.id, problem: { code: 'chat-full', status: 409, zh: text, en: text } })
    expect(await sent).toMatchObject({ code: 'chat-full', status: 409 })
  })

  it('polls and posts where sockets are blocked', async () => {
    snapshot = () => Promise.resolve({ v: 4, at: 't', seat: 'public:', view: { phase: 'READING' } as HallView, mine: { seat: 'public:', role: 'public', may: [] } as HallMine })
    const posted: object[] = []
    command = (_, body) => {
      posted.push(body)
      return Promise.resolve({ ok: true, v: 4, at: 't' })
    }
    const hall = connect()
    for (let n = 0; n < 2; n += 1) {
      await settle(1_000)
      last().break()
      await settle()
    }
    expect(states.at(-1)).toEqual(['live', 'polling', undefined])
    expect(await hall.send('ReleaseKey', { bid: 'b_a' })).toMatchObject({ v: 4 })
    expect(posted).toEqual([expect.objectContaining({ do: 'ReleaseKey', bid: 'b_a' })])
    const sockets = FakeSocket.all.length
    await settle(40_000)
    expect(FakeSocket.all.length).toBeGreaterThan(sockets)
  })

  it.each([
    ['unknown-hall', 404, 'not-yet'],
    ['seat-taken', 403, 'denied'],
    ['hall-full', 503, 'hall-full'],
    ['internal', 500, 'connecting'],
  ])('with %s (%i) is %s', async (code, status, wanted) => {
    snapshot = () => Promise.reject(refused(code, status))
    connect()
    await settle()
    last().break()
    await settle()
    expect(states.at(-1)![0]).toBe(wanted)
    const sockets = FakeSocket.all.length
    await settle(30_000)
    expect(FakeSocket.all.length > sockets).toBe(wanted !== 'denied')
  })

  it('gives up a connection that does not answer pings', async () => {
    connect()
    await settle()
    last().open()
    last().tell(whole(1))
    await settle(5)
    const dead = last()
    await settle(9_500)
    expect(dead.readyState).toBe(3)
    expect(last()).not.toBe(dead)
  })

  it('takes a refusal of the hall itself for what it is', async () => {
    connect()
    await settle()
    last().open()
    const text = { what: 'w', meaning: 'm', do: 'd' }
    last().tell({ re: null, problem: { code: 'hall-full', status: 503, zh: text, en: text } })
    expect(states.at(-1)).toEqual(['hall-full', 'socket', 'hall-full'])
  })
})
