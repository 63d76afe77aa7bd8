/**
 * A hall's socket opened before the hall's own code is there: what it brings comes while that code is still loading.
 *
 * Stands apart from everything else so that the first lines of a page can begin with it.
 */

/** The first frame of a connection: the version to go on from, or null for the whole view. */
export function hello(since: number | null): string {
  return JSON.stringify({ hello: { since } })
}

/** A socket that says hello as soon as it is open. */
export function greeting(url: string, words: string): WebSocket {
  const socket = new WebSocket(url)
  socket.addEventListener('open', () => socket.send(words), { once: true })
  return socket
}

interface Early {
  url: string
  socket: WebSocket
  /** What was told before anybody asked. */
  told: MessageEvent[]
  keep(message: MessageEvent): void
}

const HALL = /^((?:\/as\/[A-Za-z0-9_-]{8,64})?)\/halls\/([^/]+)\/?$/
/** Nobody came for it: the page turned out to be another, or did not start. */
const UNCLAIMED_MS = 15_000
let early: Early | null = null

/** Begin with the hall that this page's address names, and say whether it names one. A receipt's seat is proven first, and so later. */
export function openEarly(place: Location = location): boolean {
  const [, site, lot] = HALL.exec(place.pathname) ?? []
  const seat = new URLSearchParams(place.search).get('seat')
  if (lot === undefined) return false
  if (seat?.startsWith('receipt:')) return true
  const query = seat ? `?${new URLSearchParams({ seat })}` : ''
  const url = `${place.origin.replace(/^http/, 'ws')}${site}/api/halls/${lot}/ws${query}`
  const told: MessageEvent[] = []
  const keep = (message: MessageEvent): void => void told.push(message)
  const socket = greeting(url, hello(null))
  socket.addEventListener('message', keep)
  early = { url, socket, told, keep }
  setTimeout(() => {
    early?.socket.close()
    early = null
  }, UNCLAIMED_MS)
  return true
}

/**
 * The socket opened early, if it is this one and lives or was told why not; what it was told comes again to whoever
 * listens by then.
 */
export function takeEarly(url: string, words: string): WebSocket | null {
  const found = early
  early = null
  if (!found) return null
  const { socket, told } = found
  socket.removeEventListener('message', found.keep)
  const useless = socket.readyState > WebSocket.OPEN && !told.length
  if (found.url !== url || words !== hello(null) || useless) {
    socket.close()
    return null
  }
  if (socket.readyState !== WebSocket.CONNECTING) {
    queueMicrotask(() => {
      socket.onopen?.(new Event('open'))
      for (const message of told) socket.onmessage?.(message)
      if (socket.readyState === WebSocket.CLOSED) socket.onclose?.(new CloseEvent('close'))
    })
  }
  return socket
}
