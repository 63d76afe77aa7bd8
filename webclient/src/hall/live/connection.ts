/**
 * One seat's connection to a hall: a socket that resumes where it was, plain HTTP where sockets are blocked,
 * and commands that keep their id until they are answered.
 */
import { asProblem, type Problem } from '@/api/http'
import { problemFrom } from '@/api/problem'
import type { Answer, Command, HallMine, HallView } from '../wire'
import { pauseBefore } from './backoff'
import { hello } from './early'
import { Heart } from './heart'
import { merge, share } from './merge'
import { newCommandId, Outbox, outcomeUnknown, PATIENCE_MS } from './outbox'
import type { Frame, HallState, Listener, Seen, SeatProof, Transport } from './types'

/** Longer commands go over HTTP: a stranger's socket takes messages of at most 64 KiB. */
const SOCKET_MESSAGE = 48 * 1024
const OPEN_MS = 10_000
const OFFLINE_AFTER_MS = 8_000
const POLL_MS = 2_000
const SOCKET_AGAIN_MS = 30_000
const NOT_YET_MS = 10_000
const FULL_MS = 8_000
/** How long an accepted command waits for its own version to be seen. */
const CATCH_UP_MS = 3_000
/** After so many refused handshakes in a row with a healthy server, something between here and there blocks sockets. */
const BLOCKED_AFTER = 2

/** The browser's side, replaced in unit tests. */
export interface Ports {
  /** A socket that sends `words` first of all, as soon as it is open. */
  open(query: string, words: string): WebSocket
  snapshot(query: string): Promise<Seen>
  command(query: string, body: object): Promise<Answer>
  now(): number
  random(): number
}

export interface SendOptions {
  /** Ask again for the outcome of an earlier command. */
  id?: string
  /** Another seat of the same person (mine.seats). */
  seat?: string
}

export class HallConnection {
  private readonly outbox = new Outbox()
  private heart: Heart | null = null
  private socket: WebSocket | null = null
  private current: Seen | null = null
  private attempt = 0
  private blocked = 0
  private transport: Transport = 'socket'
  private state: HallState = 'connecting'
  private timer: ReturnType<typeof setTimeout> | undefined
  private offlineTimer: ReturnType<typeof setTimeout> | undefined
  private stopped = false
  private readonly waiting = new Set<{ v: number; done: () => void }>()

  constructor(
    private wanted: string,
    private readonly proof: SeatProof | null,
    private readonly listener: Listener,
    private readonly ports: Ports,
  ) {}

  start(): void {
    void this.connect()
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.timer)
    clearTimeout(this.offlineTimer)
    this.drop()
    this.outbox.abandon()
  }

  /** Try at once: the network came back, the tab is seen again, or somebody pressed the button. */
  hurry(): void {
    if (this.stopped) return
    if (this.state === 'live' && this.transport === 'socket') return this.heart?.ping()
    this.attempt = 0
    void this.connect()
  }

  /** The network is gone for certain. */
  networkLost(): void {
    if (this.stopped || this.state === 'denied') return
    this.drop()
    this.tell('offline')
    this.later(pauseBefore(2, this.ports.random))
  }

  /** Give a command; the answer comes after its commit, and after this seat has seen its version. */
  async send(name: Command, fields: object = {}, options: SendOptions = {}): Promise<Answer> {
    const body = { ...fields, id: options.id ?? newCommandId(), do: name as string }
    const elsewhere = options.seat !== undefined && options.seat !== this.current?.seat
    const bySocket = !elsewhere && this.transport === 'socket' && JSON.stringify(body).length <= SOCKET_MESSAGE
    const answer = bySocket ? await this.bySocket(body) : await this.byHttp(body, options.seat)
    await this.seen(answer.v)
    return answer
  }

  private async bySocket(body: { id: string; do: string }): Promise<Answer> {
    const promise = this.outbox.add(body)
    this.write(JSON.stringify(body))
    try {
      return await promise
    } catch (fault) {
      if (asProblem(fault).code !== 'sign-in-needed') throw fault
      // The session ended while the socket stayed open: over HTTP it can be renewed in place, and the id stays.
      const answer = await this.byHttp(body)
      void this.connect()
      return answer
    }
  }

  private async byHttp(body: { id: string }, seat?: string): Promise<Answer> {
    const until = this.ports.now() + PATIENCE_MS
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await this.ports.command(await this.query(seat), body)
        if (this.transport === 'polling') this.later(0)
        return answer
      } catch (fault) {
        const why = asProblem(fault)
        const passing = why.code === 'offline' || why.status >= 500
        if (!passing) throw why
        if (this.stopped || this.ports.now() > until) throw outcomeUnknown(body.id)
        await new Promise((resolve) => setTimeout(resolve, pauseBefore(attempt, this.ports.random)))
      }
    }
  }

  private seen(v: number): Promise<void> {
    if ((this.current?.v ?? -1) >= v) return Promise.resolve()
    return new Promise((resolve) => {
      const entry = { v, done: resolve }
      this.waiting.add(entry)
      setTimeout(() => {
        this.waiting.delete(entry)
        resolve()
      }, CATCH_UP_MS)
    })
  }

  // --- connecting

  private async query(seat = this.wanted || (this.current?.seat ?? '')): Promise<string> {
    if (!seat) return ''
    const query = new URLSearchParams({ seat })
    if (seat.startsWith('receipt:') && this.proof) {
      for (const [name, value] of Object.entries(await this.proof())) query.set(name, value)
    }
    return `?${query}`
  }

  private async connect(): Promise<void> {
    clearTimeout(this.timer)
    this.drop()
    let query: string
    try {
      query = await this.query()
    } catch (fault) {
      this.failed(asProblem(fault))
      return
    }
    if (this.stopped || this.socket) return
    const socket = this.ports.open(query, hello(this.since()))
    this.socket = socket
    const given = setTimeout(() => this.lost(socket, false), OPEN_MS)
    let opened = false
    socket.onopen = () => {
      clearTimeout(given)
      opened = true
      this.greet(socket)
    }
    socket.onmessage = (message) => {
      if (this.socket === socket && typeof message.data === 'string') this.take(socket, message.data)
    }
    socket.onclose = () => {
      clearTimeout(given)
      this.lost(socket, opened)
    }
  }

  /** The version to go on from; null asks for the whole view. */
  private since(): number | null {
    return this.current && this.current.v >= 0 ? this.current.v : null
  }

  private greet(socket: WebSocket): void {
    for (const body of this.outbox.bodies()) socket.send(JSON.stringify(body))
    this.heart = new Heart({
      now: () => this.ports.now(),
      send: (text) => this.write(text),
      round: (sent, server, received) => this.listener.round(sent, server, received),
      dead: () => this.lost(socket, true),
    })
    this.heart.start()
  }

  private take(socket: WebSocket, text: string): void {
    this.heart?.heard()
    const frame = JSON.parse(text) as Frame
    if ('pong' in frame) this.heart?.pong(frame.pong, frame.now)
    else if ('re' in frame) this.answered(socket, frame)
    else if (frame.v !== undefined) this.moved(socket, frame)
  }

  private answered(socket: WebSocket, frame: Frame): void {
    if (frame.re !== null || !frame.problem) {
      this.outbox.answer(frame)
      return
    }
    // Not an answer to a command but the hall's own refusal, before it closes the socket.
    this.forget(socket)
    this.failed(problemFrom(frame.problem, (frame.problem as { status?: number }).status ?? 0))
  }

  private moved(socket: WebSocket, frame: Frame): void {
    if (frame.view) {
      this.accept({ ...(frame as unknown as Seen) })
    } else if (this.current && frame.since === this.current.v) {
      const { view, mine, seat } = this.current
      this.accept({
        v: frame.v!,
        at: frame.at ?? this.current.at,
        seat,
        view: merge(view, frame.patch ?? {}) as HallView,
        mine: merge(mine, frame.mine ?? {}) as HallMine,
      })
    } else {
      // Something is missing: start afresh rather than show a picture with a hole.
      this.current = this.current && { ...this.current, v: -1 }
      this.lost(socket, true)
      return
    }
    this.attempt = 0
    this.blocked = 0
    this.transport = 'socket'
    this.tell('live')
  }

  private accept(seen: Seen): void {
    const known = this.current
    const mine = share(known?.mine, seen.mine ?? ({} as HallMine))
    this.current = { ...seen, view: share(known?.view, seen.view), mine }
    this.listener.seen(this.current)
    for (const entry of this.waiting) {
      if (entry.v > seen.v) continue
      this.waiting.delete(entry)
      entry.done()
    }
  }

  // --- losing

  private lost(socket: WebSocket, opened: boolean): void {
    if (this.socket !== socket) return
    this.forget(socket)
    if (this.stopped) return
    if (opened) {
      this.tell('reconnecting')
      this.later(pauseBefore(this.attempt++, this.ports.random))
    } else {
      // A browser does not say why a handshake was refused: plain HTTP does.
      void this.probe()
    }
  }

  private async probe(): Promise<void> {
    if (this.transport === 'socket' && this.state === 'live') this.tell('reconnecting')
    try {
      const seen = await this.ports.snapshot(await this.query())
      if (this.stopped || this.socket) return
      this.accept(seen)
      this.blocked += 1
      if (this.blocked >= BLOCKED_AFTER) this.poll(this.ports.now() + SOCKET_AGAIN_MS)
      else this.later(pauseBefore(this.attempt++, this.ports.random))
    } catch (fault) {
      if (!this.stopped && !this.socket) this.failed(asProblem(fault))
    }
  }

  private poll(socketAgain: number): void {
    if (this.transport !== 'polling') this.flushOverHttp()
    this.transport = 'polling'
    this.tell('live')
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.pollOnce(socketAgain), POLL_MS * (0.8 + 0.4 * this.ports.random()))
  }

  private async pollOnce(socketAgain: number): Promise<void> {
    if (this.ports.now() > socketAgain) {
      void this.connect()
      return
    }
    try {
      const seen = await this.ports.snapshot(await this.query())
      if (this.stopped || this.socket) return
      this.accept(seen)
      this.poll(socketAgain)
    } catch (fault) {
      if (!this.stopped && !this.socket) this.failed(asProblem(fault))
    }
  }

  /** What waited for the socket goes over HTTP, under the same ids. */
  private flushOverHttp(): void {
    for (const body of this.outbox.bodies()) {
      this.byHttp(body).then(
        (answer) => this.outbox.accept(body.id, answer),
        (fault: unknown) => this.outbox.refuse(body.id, asProblem(fault)),
      )
    }
  }

  private failed(why: Problem): void {
    if (why.code === 'unknown-hall') {
      this.tell('not-yet', why)
      this.later(NOT_YET_MS * (0.8 + 0.4 * this.ports.random()))
    } else if (why.code === 'hall-full') {
      this.tell('hall-full', why)
      this.later(FULL_MS * (0.6 + 0.8 * this.ports.random()))
    } else if (why.code === 'seat-challenge-expired') {
      this.later(pauseBefore(this.attempt++, this.ports.random))
    } else if (why.code !== 'receipt-key-elsewhere' && (why.status === 0 || why.status >= 500 || why.status === 429)) {
      if (this.state !== 'offline') this.tell(this.current ? 'reconnecting' : 'connecting')
      this.later(pauseBefore(this.attempt++, this.ports.random))
    } else {
      this.tell('denied', why)
      for (const body of this.outbox.bodies()) this.outbox.refuse(body.id, why)
    }
  }

  // --- small things

  private later(delay: number): void {
    clearTimeout(this.timer)
    if (!this.stopped) this.timer = setTimeout(() => void this.connect(), delay)
  }

  private write(text: string): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(text)
  }

  private forget(socket: WebSocket): void {
    this.heart?.stop()
    this.heart = null
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
    if (this.socket === socket) this.socket = null
  }

  private drop(): void {
    if (this.socket) this.forget(this.socket)
  }

  private tell(state: HallState, why: Problem | null = null): void {
    this.state = state
    if (state === 'live' || state === 'denied') {
      clearTimeout(this.offlineTimer)
      this.offlineTimer = undefined
    } else if ((state === 'reconnecting' || state === 'connecting') && this.offlineTimer === undefined) {
      this.offlineTimer = setTimeout(() => {
        this.offlineTimer = undefined
        this.tell('offline')
      }, OFFLINE_AFTER_MS)
    }
    this.listener.state(state, this.transport, why)
  }
}
