import { describe, expect, it, vi } from 'vitest'
import { offline, Problem } from '@/api/problem'
import { Engine, type Hooks, type Pieces } from './engine'
import { Gate } from './gate'
import { Rate } from './rate'
import type { Sent } from './send'

const SIZE = 4
const refusal = (code: string, status: number): Problem => new Problem(code, { what: '', meaning: '', do: '' }, { what: '', meaning: '', do: '' }, status)

/** A server that stores pieces; `faults` is consulted before each request. */
function server(total: number, fault: (asked: Sent, nth: number) => Problem | null = () => null) {
  const stored = new Map<string, number>()
  let nth = 0
  const send = async <T>(asked: Sent): Promise<T> => {
    await Promise.resolve()
    asked.onProgress?.(1)
    const found = fault(asked, nth++)
    if (found) throw found
    stored.set(asked.path, (asked.body as Blob).size)
    const missing = total - stored.size
    return { state: missing ? 'receiving' : 'accepted', missing, acceptedAt: missing ? null : '2026-11-22T08:00:00.000Z' } as T
  }
  return { send, stored }
}

function engine(pieces: Pieces, files: Record<string, Blob>, extra: Partial<Hooks>) {
  const gate = extra.gate ?? new Gate()
  const seen: number[] = []
  const hooks: Hooks = {
    gate,
    progress: (confirmed) => seen.push(confirmed),
    waiting: () => undefined,
    begin: () => Promise.reject(new Error('not asked for')),
    sleep: () => Promise.resolve(),
    ...extra,
  }
  return { engine: new Engine(pieces, files, hooks), seen, gate }
}

const files = { box: new Blob(['boxx']), main: new Blob(['0123456789']) }
const pieces: Pieces = { upload: 'u_1', secret: 's', pieceSize: SIZE, missing: { box: [0], main: [0, 1, 2] } }

describe('sending pieces', () => {
  it('sends each missing piece once, cut at the right places', async () => {
    const { send, stored } = server(4)
    const { engine: e, seen } = engine(pieces, files, { send })
    expect(await e.run()).toMatchObject({ state: 'accepted' })
    expect(Object.fromEntries(stored)).toEqual({
      '/uploads/u_1/box/0': 4, '/uploads/u_1/main/0': 4, '/uploads/u_1/main/1': 4, '/uploads/u_1/main/2': 2,
    })
    expect(seen.at(-1)).toBe(14)
  })
  it('goes on after the line was down, and says so', async () => {
    const { send, stored } = server(4, (_, nth) => (nth < 6 ? offline() : null))
    const waiting = vi.fn()
    const { engine: e } = engine(pieces, files, { send, waiting })
    await e.run()
    expect(stored.size).toBe(4)
    expect(waiting).toHaveBeenCalledWith(true)
    expect(waiting).toHaveBeenLastCalledWith(false)
  })
  it('waits as long as a busy platform asks for', async () => {
    const busy = refusal('storage-full', 503)
    busy.facts.retryAfter = 7
    const { send } = server(4, (_, nth) => (nth === 0 ? busy : null))
    const sleep = vi.fn(() => Promise.resolve())
    await engine(pieces, files, { send, sleep }).engine.run()
    expect(sleep).toHaveBeenCalledWith(7, expect.anything())
  })
  it('repeats a damaged piece and ends at a refusal', async () => {
    const { send, stored } = server(4, (_, nth) => (nth === 1 ? refusal('digest-mismatch', 422) : null))
    await engine(pieces, files, { send }).engine.run()
    expect(stored.size).toBe(4)
    const late = server(4, (_, nth) => (nth === 2 ? refusal('late', 409) : null))
    await expect(engine(pieces, files, { send: late.send }).engine.run()).rejects.toMatchObject({ code: 'late' })
  })
  it('asks again for the upload when its secret was replaced', async () => {
    const { send, stored } = server(4, (asked) => (asked.headers?.['X-Upload-Secret'] === 's' ? refusal('not-found', 404) : null))
    const begin = vi.fn(() => Promise.resolve({ ...pieces, secret: 'fresh' }))
    await engine(pieces, files, { send, begin }).engine.run()
    expect(begin).toHaveBeenCalledTimes(1)
    expect(stored.size).toBe(4)
  })
  it('stops at a pause and loses nothing', async () => {
    const gate = new Gate()
    const { send, stored } = server(4, (_, nth) => {
      if (nth === 1) gate.pause()
      return nth === 1 ? offline() : null
    })
    const running = engine(pieces, files, { send, gate }).engine.run()
    await new Promise((go) => setTimeout(go, 20))
    const before = stored.size
    expect(before).toBeLessThan(4)
    gate.resume()
    await running
    expect(stored.size).toBe(4)
  })
})

describe('speed and time left', () => {
  it('counts the last seconds only', () => {
    const rate = new Rate()
    rate.add(0, 0)
    rate.add(1000, 100)
    expect([rate.speed(), rate.left(300)]).toEqual([100, 2])
    for (let at = 2000; at <= 12_000; at += 1000) rate.add(at, 100 + at / 10)
    expect(Math.round(rate.speed())).toBe(100)
  })
  it('knows nothing at first, nor after bytes were taken back', () => {
    const rate = new Rate()
    expect([rate.speed(), rate.left(5)]).toEqual([0, null])
    rate.add(0, 10)
    rate.add(1000, 5)
    expect(rate.speed()).toBe(0)
  })
})
