import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hello, openEarly, takeEarly } from './early'

/** A socket whose other end is the test. */
class FakeSocket extends EventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSED = 3
  static all: FakeSocket[] = []
  readyState = 0
  sent: string[] = []
  onopen: (() => void) | null = null
  onmessage: ((message: { data: string }) => void) | null = null
  onclose: (() => void) | null = null
  constructor(readonly url: string) {
    super()
    FakeSocket.all.push(this)
  }
  send(text: string): void {
    this.sent.push(text)
  }
  close(): void {
    this.readyState = 3
  }
  open(): void {
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
    this.onopen?.()
  }
  tell(data: string): void {
    const message = new MessageEvent('message', { data })
    this.dispatchEvent(message)
    this.onmessage?.(message)
  }
}

const at = (path: string): Location => new URL(path, 'https://tender.test') as unknown as Location
const WHOLE = hello(null)
const SOCKET = 'wss://tender.test/api/halls/l_1/ws'

describe('a socket opened before the hall asks for it', () => {
  const last = (): FakeSocket => FakeSocket.all.at(-1)!
  const heard = (socket: WebSocket | null): string[] => {
    const lines: string[] = []
    if (socket) {
      socket.onopen = () => void lines.push('open')
      socket.onmessage = (message) => void lines.push(String(message.data))
      socket.onclose = () => void lines.push('close')
    }
    return lines
  }

  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('WebSocket', FakeSocket)
    vi.stubGlobal('CloseEvent', Event)
    FakeSocket.all = []
  })
  afterEach(() => {
    takeEarly('', '')
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it.each([
    ['/halls/l_1', SOCKET],
    ['/halls/l_1/', SOCKET],
    ['/as/abcdefgh/halls/l_1', 'wss://tender.test/as/abcdefgh/api/halls/l_1/ws'],
    ['/halls/l_1?seat=officer:p_2&screen', `${SOCKET}?seat=officer%3Ap_2`],
  ])('%s opens %s', (path, url) => {
    expect(openEarly(at(path))).toBe(true)
    expect(FakeSocket.all.map((one) => one.url)).toEqual([url])
  })

  it.each(['/', '/lots/l_1', '/halls', '/halls/l_1/more', '/as/x/halls/l_1'])('%s opens none', (path) => {
    expect(openEarly(at(path))).toBe(false)
    expect(FakeSocket.all).toEqual([])
  })

  it('leaves a receipt to prove its seat first', () => {
    expect(openEarly(at('/halls/l_1?seat=receipt:b_1'))).toBe(true)
    expect(FakeSocket.all).toEqual([])
  })

  it('tells again what came before anybody listened, and in order with what comes later', async () => {
    openEarly(at('/halls/l_1'))
    last().open()
    last().tell('first')
    const socket = takeEarly(SOCKET, WHOLE)
    const lines = heard(socket)
    await Promise.resolve()
    last().tell('second')
    expect(last().sent).toEqual([WHOLE])
    expect(lines).toEqual(['open', 'first', 'second'])
  })

  it('tells why the hall refused, though the socket is closed by then', async () => {
    openEarly(at('/halls/l_1'))
    last().open()
    last().tell('the hall is full')
    last().close()
    const lines = heard(takeEarly(SOCKET, WHOLE))
    await Promise.resolve()
    expect(lines).toEqual(['open', 'the hall is full', 'close'])
  })

  it('hands over a socket that is still opening', () => {
    openEarly(at('/halls/l_1'))
    const lines = heard(takeEarly(SOCKET, WHOLE))
    last().open()
    last().tell('first')
    expect(lines).toEqual(['open', 'first'])
  })

  it.each([
    ['another hall', 'wss://tender.test/api/halls/l_2/ws', WHOLE],
    ['a later version', SOCKET, hello(7)],
  ])('is not for %s, and is closed', (_what, url, words) => {
    openEarly(at('/halls/l_1'))
    last().open()
    expect(takeEarly(url, words)).toBeNull()
    expect(last().readyState).toBe(3)
  })

  it('is taken once, not when it was lost, and closed when nobody comes', () => {
    openEarly(at('/halls/l_1'))
    expect(takeEarly(SOCKET, WHOLE)).toBe(last())
    expect(takeEarly(SOCKET, WHOLE)).toBeNull()
    openEarly(at('/halls/l_1'))
    last().close()
    expect(takeEarly(SOCKET, WHOLE)).toBeNull()
    openEarly(at('/halls/l_1'))
    vi.advanceTimersByTime(15_000)
    expect(last().readyState).toBe(3)
    expect(takeEarly(SOCKET, WHOLE)).toBeNull()
  })
})
