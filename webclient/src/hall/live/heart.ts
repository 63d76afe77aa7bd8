/** Pings over the socket: they measure the server's clock and notice a connection that is dead without saying so. */

/** Instants of the first pings after a connection opened: several, because the quickest round trip counts. */
const FIRST_MS = [0, 600, 1_500, 3_000]
const EVERY_MS = 10_000
/** With nothing heard for this long after a ping the connection is given up. */
const SILENCE_MS = 8_000

export interface HeartPorts {
  now(): number
  send(text: string): void
  /** One round trip was measured. */
  round(sent: number, serverMs: number, received: number): void
  /** The other end is gone. */
  dead(): void
}

export class Heart {
  private readonly timers = new Set<ReturnType<typeof setTimeout>>()
  private readonly sent = new Map<number, number>()
  private next = 1
  private watch: ReturnType<typeof setTimeout> | null = null

  constructor(private readonly ports: HeartPorts) {}

  start(): void {
    for (const delay of FIRST_MS) this.later(delay, () => this.ping())
    this.later(EVERY_MS, () => this.beat())
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer)
    this.timers.clear()
    this.heard()
  }

  /** Anything that arrives shows that the other end lives. */
  heard(): void {
    if (this.watch !== null) clearTimeout(this.watch)
    this.watch = null
  }

  ping(): void {
    const token = this.next++
    this.sent.set(token, this.ports.now())
    if (this.sent.size > 20) this.sent.delete(this.sent.keys().next().value!)
    this.watch ??= setTimeout(() => this.ports.dead(), SILENCE_MS)
    this.ports.send(JSON.stringify({ ping: token }))
  }

  pong(token: unknown, now: string | undefined): void {
    const sent = typeof token === 'number' ? this.sent.get(token) : undefined
    if (sent === undefined || now === undefined) return
    this.sent.delete(token as number)
    this.ports.round(sent, Date.parse(now), this.ports.now())
  }

  private beat(): void {
    this.ping()
    this.later(EVERY_MS * (0.8 + 0.4 * Math.random()), () => this.beat())
  }

  private later(delay: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      act()
    }, delay)
    this.timers.add(timer)
  }
}
