/** What the connection to a hall tells whoever uses it. */
import type { Problem } from '@/api/http'
import type { HallMine, HallView } from '../wire'

export type HallState = 'connecting' | 'live' | 'reconnecting' | 'offline' | 'denied' | 'hall-full' | 'not-yet'
export type Transport = 'socket' | 'polling'

/** A version of the hall as one seat sees it. */
export interface Seen {
  v: number
  at: string
  seat: string
  view: HallView
  mine: HallMine
}

/** What a server frame may carry (docs/formats/live-wire.md). */
export interface Frame {
  v?: number
  since?: number
  at?: string
  seat?: string
  view?: HallView
  patch?: object
  mine?: object
  re?: string | null
  ok?: boolean
  problem?: unknown
  pong?: unknown
  now?: string
}

/** Proof of a receipt's seat, made anew for every connection. */
export type SeatProof = () => Promise<{ challenge: string; sig: string }>

export interface Listener {
  seen(seen: Seen): void
  state(state: HallState, transport: Transport, problem: Problem | null): void
  /** One round trip: the local monotonic instants around the server's time. */
  round(sent: number, serverMs: number, received: number): void
}
