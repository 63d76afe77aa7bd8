/**
 * Sends every missing piece, several at once, again and again until the platform has them all.
 * It knows no lot and no person: an upload id, its secret, and blobs.
 */
import { asProblem, type Problem } from '@/api/problem'
import { Gate } from './gate'
import { isPassing, send as xhrSend, type Sent } from './send'

export const PIECE_LIMIT = 64 << 20
/** Seconds to wait after the n-th failure in a row, at most the last one. */
const BACKOFF = [0.5, 1, 2, 4, 8, 15]
/** A piece that was damaged on its way is sent again so often. */
const DAMAGED = new Set(['digest-mismatch', 'piece-size'])

export interface Pieces {
  upload: string
  secret: string
  pieceSize: number
  missing: Record<string, number[]>
}

export interface Hooks {
  gate: Gate
  /** Bytes confirmed and bytes on their way, after every change. */
  progress: (confirmed: number, onTheWay: number) => void
  /** The line is down (true) or back (false). */
  waiting: (is: boolean) => void
  /** The upload's secret no longer fits: begin again and tell the new one. */
  begin: () => Promise<Pieces>
  send?: <T>(asked: Sent) => Promise<T>
  sleep?: (seconds: number, gate: Gate) => Promise<void>
  digest?: (bytes: ArrayBuffer) => Promise<ArrayBuffer>
}

interface Piece {
  file: string
  number: number
  damaged: number
}
interface Answer {
  state: string
  missing: number
  acceptedAt: string | null
}

export class Engine {
  #queue: Piece[] = []
  #confirmed = 0
  #onTheWay = new Map<Piece, number>()
  #failures = 0
  #seconds = 4
  #fatal: Problem | null = null
  #renewing: Promise<void> | null = null
  #accepted: Answer | null = null

  constructor(
    private at: Pieces,
    private readonly files: Record<string, Blob>,
    private readonly hooks: Hooks,
  ) {}

  /** Until everything is there. Throws the first refusal that no repetition can mend. */
  async run(): Promise<Answer | null> {
    this.#plan()
    const workers = new Set<Promise<void>>()
    while (this.#queue.length || workers.size) {
      await this.hooks.gate.pass()
      if (this.#fatal) break
      while (workers.size < this.#parallel() && this.#queue.length && !this.#fatal) {
        const piece = this.#queue.shift()!
        const working: Promise<void> = this.#one(piece).finally(() => workers.delete(working))
        workers.add(working)
      }
      if (workers.size) await Promise.race(workers)
    }
    await Promise.allSettled(workers)
    if (this.#fatal) throw this.#fatal
    return this.#accepted
  }

  #plan(): void {
    const missing = Object.entries(this.at.missing).flatMap(([file, numbers]) =>
      numbers.map((number) => ({ file, number, damaged: 0 })),
    )
    this.#queue = missing
    const total = Object.values(this.files).reduce((sum, blob) => sum + blob.size, 0)
    this.#confirmed = total - missing.reduce((sum, piece) => sum + this.#slice(piece).size, 0)
    this.#tell()
  }

  #slice(piece: Piece): Blob {
    const from = piece.number * this.at.pieceSize
    return this.files[piece.file]!.slice(from, from + this.at.pieceSize)
  }

  /** Few at once on a slow line: what breaks off is smaller then. */
  #parallel(): number {
    if (this.#failures) return 1
    return this.#seconds < 8 ? 4 : this.#seconds < 30 ? 2 : 1
  }

  async #one(piece: Piece): Promise<void> {
    try {
      const began = performance.now()
      const answer = await this.#put(piece)
      this.#seconds = (this.#seconds + (performance.now() - began) / 1000) / 2
      this.#confirmed += this.#slice(piece).size
      this.#failures = 0
      this.hooks.waiting(false)
      if (answer.state !== 'receiving') this.#accepted = answer
    } catch (thrown) {
      await this.#failed(piece, asProblem(thrown))
    } finally {
      this.#onTheWay.delete(piece)
      this.#tell()
    }
  }

  async #put(piece: Piece): Promise<Answer> {
    const blob = this.#slice(piece)
    const hash = this.hooks.digest ?? ((bytes: ArrayBuffer) => crypto.subtle.digest('SHA-256', bytes))
    const digest = btoa(String.fromCharCode(...new Uint8Array(await hash(await blob.arrayBuffer()))))
    const stop = new AbortController()
    const unhook = this.hooks.gate.onPause(() => stop.abort())
    try {
      return await (this.hooks.send ?? xhrSend)<Answer>({
        method: 'PUT',
        path: `/uploads/${this.at.upload}/${encodeURIComponent(piece.file)}/${piece.number}`,
        headers: { 'X-Upload-Secret': this.at.secret, 'Content-Digest': `sha-256=:${digest}:` },
        body: blob,
        signal: stop.signal,
        onProgress: (bytes) => {
          this.#onTheWay.set(piece, Math.min(bytes, blob.size))
          this.#tell()
        },
      })
    } finally {
      unhook()
    }
  }

  async #failed(piece: Piece, fault: Problem): Promise<void> {
    if (this.hooks.gate.paused) {
      this.#queue.unshift(piece)
      return
    }
    if (DAMAGED.has(fault.code) && piece.damaged < 5) {
      this.#queue.unshift({ ...piece, damaged: piece.damaged + 1 })
    } else if (isPassing(fault)) {
      this.#queue.unshift(piece)
      await this.#wait(Number(fault.facts.retryAfter) || BACKOFF[Math.min(this.#failures, BACKOFF.length - 1)]!)
    } else if (fault.code === 'not-found') {
      await this.#renew()
    } else {
      this.#fatal ??= fault
    }
  }

  async #wait(seconds: number): Promise<void> {
    this.#failures += 1
    this.#onTheWay.clear()
    this.hooks.waiting(true)
    this.#tell()
    await (this.hooks.sleep ?? pauseFor)(seconds, this.hooks.gate)
  }

  /** Another tab or computer began again with the same manifest: its secret is the one that counts. */
  #renew(): Promise<void> {
    this.#renewing ??= this.hooks
      .begin()
      .then((at) => {
        this.at = at
        this.#plan()
      })
      .catch((thrown: unknown) => {
        this.#fatal ??= asProblem(thrown)
      })
      .finally(() => {
        this.#renewing = null
      })
    return this.#renewing
  }

  #tell(): void {
    let onTheWay = 0
    for (const bytes of this.#onTheWay.values()) onTheWay += bytes
    this.hooks.progress(this.#confirmed, onTheWay)
  }
}

/** Wait; a line that comes back, or a pause, ends it early. */
export function pauseFor(seconds: number, gate: Gate): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      removeEventListener('online', end)
      unhook()
      resolve()
    }
    const timer = setTimeout(end, seconds * 1000 * (0.8 + Math.random() * 0.4))
    const unhook = gate.onPause(end)
    addEventListener('online', end)
  })
}
