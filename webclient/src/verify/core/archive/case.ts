/** What the steps of an archive's check hand on to each other: each fills in what it has proven. */
import type { Json } from '@/crypto/canonical'
import type { Checkpoint, Verifier } from '@/crypto/checkpoint'
import type { Keyset } from '@/crypto/keyset'
import type { Manifest } from '@/crypto/manifest'
import { Failed, type Note } from '../report'
import { TrustStore } from '../trust'
import { parseAuthority } from '../trust'
import * as names from './names'
import type { Opened } from './opened'

export type Body = Readonly<Record<string, Json>>

/** One disclosed event; `body` null where it was erased or is withheld from this right. */
export interface LogEvent {
  index: number
  stream: string
  version: number
  at: Date
  type: string
  seat: string
  body: Body | null
}

/** What the browser knows from elsewhere. */
export interface Outside {
  /** The log's key as this platform's page serves it, or as this browser remembers it from earlier. */
  logKey?: string
  /** Where that key comes from. */
  logKeyFrom?: 'platform' | 'remembered'
}

export interface ClosedBid {
  submission: string
  receivedAt: string
  manifestHash: string
  boxHash: string
  parts: Readonly<Record<string, { root: string; size: number }>>
}
export interface OpeningResult {
  ok?: boolean
  form?: Readonly<Record<string, string>>
  nonce?: string
  kHall?: string
  reason?: string
}
export interface IdentityFound {
  ok?: boolean
  creditCode?: string
  name?: string
  certificateSha256?: string
  genTime?: string
  draw?: string
  replaces?: string[]
  reason?: string
}

export class Case {
  readonly trusted: Note[] = []
  key: Verifier | null = null
  checkpoint: Checkpoint | null = null
  checkpointNote = ''
  /** Checkpoints in the archive: size, and the known witnesses that cosigned. */
  readonly cosigned: { size: number; witnesses: string[] }[] = []
  readonly leaves = new Map<number, { at: Date; commitment: Uint8Array }>()
  readonly events = new Map<string, LogEvent[]>()
  hall: LogEvent[] = []
  keyset: Keyset | null = null
  readonly documents = new Set<string>()
  readonly manifests = new Map<string, Manifest>()
  readonly identityKeys = new Map<string, Uint8Array>()
  /** Root and time-stamp token of the batch that holds a submission. */
  readonly batches = new Map<string, { root: Uint8Array; token: Uint8Array | null }>()
  /** genTime of the time stamp that covers a submission. */
  readonly stamped = new Map<string, Date>()
  private store: TrustStore | null = null

  constructor(
    readonly opened: Opened,
    readonly outside: Outside,
    readonly progress: (done: number, total: number) => void,
  ) {}

  /** The hall's events of one type, in order. */
  of(...types: string[]): (LogEvent & { body: Body })[] {
    return this.hall.filter((event): event is LogEvent & { body: Body } => event.body !== null && types.includes(event.type))
  }

  /** What was fixed before the hall opened; a rescheduling replaces it. */
  get setup(): Body {
    const last = this.of('Scheduled', 'Rescheduled').at(-1)
    if (!last) throw new Failed(names.HALL_EVENTS, 'hall-not-scheduled')
    return last.body.setup as Body
  }
  get rules(): Body {
    return (this.setup.rules ?? {}) as Body
  }

  closed(): [string, ClosedBid][] {
    return this.of('Closed').flatMap((event) => Object.entries(event.body.bids as unknown as Record<string, ClosedBid>))
  }
  opened_(): { event: LogEvent; part: string; bid: string; opening: OpeningResult }[] {
    return this.of('BidsOpened').flatMap((event) =>
      Object.entries(event.body.results as unknown as Record<string, OpeningResult>).map(([bid, opening]) => ({
        event, part: String(event.body.part), bid, opening,
      })),
    )
  }
  identities(): Map<string, IdentityFound> {
    return new Map(this.of('IdentitiesVerified').flatMap((event) => Object.entries(event.body.results as unknown as Record<string, IdentityFound>)))
  }

  /** Authorities with their rules, and the revocation data that the archive carries. */
  async trust(): Promise<TrustStore> {
    if (this.store) return this.store
    const listed = (await this.opened.json(names.AUTHORITIES)) as readonly Json[]
    const authorities = listed.map(parseAuthority)
    const crls = await Promise.all(this.opened.names(names.CRLS).map((name) => this.opened.read(name)))
    const age = Number(this.rules.maxRevocationAge ?? 86_400) * 1000
    this.trusted.push({ key: 'anchors-from-archive', params: { names: authorities.map((one) => one.name).join('、') } })
    this.store = new TrustStore(authorities, crls, age)
    return this.store
  }
}
