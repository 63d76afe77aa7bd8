/** What the hall's server says: the shapes of `opening_hall/view.py` and of an answer to a command. */

export type Phase =
  | 'SCHEDULED'
  | 'CLOSING'
  | 'CLOSED'
  | 'IDENTIFYING'
  | 'LIST_ANNOUNCED'
  | 'DECRYPTING'
  | 'ADJUDICATING'
  | 'ADMITTED'
  | 'OPENING'
  | 'READING'
  | 'CONFIRMING'
  | 'OBJECTION'
  | 'RECORD_SIGN'
  | 'SEALING'
  | 'RECORDED'
  | 'FAILED'
  | 'ABORTED'

export type Command =
  | 'Abort'
  | 'AcknowledgeWrap'
  | 'Adjudicate'
  | 'AnswerObjection'
  | 'CloseObjections'
  | 'CommitDraw'
  | 'ConfirmLine'
  | 'Diagnose'
  | 'EndDecryption'
  | 'ExtendDecryption'
  | 'FixAdmitted'
  | 'HandOverHost'
  | 'RaiseObjection'
  | 'ReadNext'
  | 'Reconvene'
  | 'ReleaseHallShares'
  | 'ReleaseIdentityShares'
  | 'ReleaseKey'
  | 'ReportDealing'
  | 'Resume'
  | 'RevealDraw'
  | 'Say'
  | 'SealRecord'
  | 'SignAdmitted'
  | 'SignIn'
  | 'SignRecord'
  | 'StartDecryption'
  | 'StartReading'
  | 'Suspend'

export type BidStatus =
  | 'sealed'
  | 'waiting'
  | 'listed'
  | 'superseded'
  | 'released'
  | 'failed'
  | 'revoked'
  | 'read'

export type Cause = 'BIDDER' | 'PLATFORM' | 'TENDERER' | 'AGENCY' | 'UNKNOWN'

export interface FieldDef {
  name: string
  zh: string
  en: string
  kind: string
  unit?: string
  part: string
}

export interface HallFacts {
  lot: string
  tender: string
  title: string
  lotTitle?: string
  code?: string
  dealCode?: string
  opensAt: string
  place?: string
  regime?: string
  evaluation?: string
  ceiling?: string
  parts: string[]
  docsHash: string
  quorum: number
  demonstration: boolean
  /** Columns of the opening form (开标一览表), keyed by their place from "1". */
  form: Record<string, FieldDef>
  rules: HallRules
}

export interface HallRules {
  minimum: number
  afterReleaseBelowMinimum: string
  duplicates: string
  phaseASeconds: number
  confirmationSeconds: number
  objectionSeconds: number
  signingSeconds: number
  reading: 'auto' | 'stepwise'
  missingConfirmation: 'deemed' | 'noted'
  citations: Record<string, string>
}

export interface SeatView {
  role: string
  name: string
  organisation: string
  host: boolean
  signedInAt?: string
}

export interface FailureView {
  stage: 'identity' | 'release' | 'opening' | 'certificate'
  reason: string
  proposed: Cause
  cause?: Cause
  effect: 'revoked' | 'withdrawn' | 'pending'
  decidedReason?: string
  decidedBy?: string
  decidedAt?: string
  at: string
}

export interface LineView {
  fetchedAt?: string
  releasedAt?: string
  channel?: string
  readAt?: string
  flags?: string[]
  form?: Record<string, string>
  formCommit?: string
  confirmedAt?: string
  confirmed?: 'session' | 'signed' | 'deemed' | 'noted'
}

export interface BidRow {
  number?: number
  name?: string
  creditCode?: string
  receivedAt: string
  submission: string
  status: BidStatus
  presentAt?: string
  parts: Record<string, LineView>
  failure?: FailureView
  members?: { name: string; creditCode: string }[]
  representative?: string
  deposit?: Record<string, string>
  superseded?: { by: string | null; rule: string }
  attempts?: number
  waiting?: string
  remark?: string
  troubles?: number
  dealing?: { by: string; purpose: string; reason: string }[]
}

export interface Counts {
  listed: number
  contenders: number
  released: number
  admitted: number
  lines: number
  read: number
  confirmed: number
  allOpened: boolean
}

export interface ObjectionView {
  number: number
  by: string
  text: string
  at: string
  answer?: string
  answeredBy?: string
  answeredAt?: string
  resolution?: 'answered' | 'unresolved'
}

export interface MessageView {
  by: string
  text: string
  at: string
}

export interface DrawView {
  label: string
  zh: string
  en: string
  when: 'opening' | 'early'
  candidates: string[]
  committed: string[]
  revealed: string[]
  value?: string
  seed?: string
}

export interface RecordView {
  sha256?: string
  rendered?: string
  size: number
  minutesSha256?: string
  signed: Record<string, string>
  signingClosed: boolean
  missing: string[]
  attached?: string
  sealFor?: string
  preparedFor?: string
  digest?: string
  sealSigned: boolean
  sealed: Record<string, string>
}

/** One station or turn of the opening; the log's lines and the stepper's times. */
export interface TurnView {
  kind: string
  at: string
  [fact: string]: unknown
}

export interface HallView {
  phase: Phase
  hall?: HallFacts
  deadline?: string
  suspended?: { since: string; code: string; reason: string }
  lostMs?: number
  ending?: { at: string; failed?: string; aborted?: string; reason?: string }
  host?: string
  seats?: Record<string, SeatView>
  stage?: number
  part?: string
  draw?: DrawView
  objections?: Record<string, ObjectionView>
  record?: RecordView
  benchmark?: string
  course?: Record<string, TurnView>
  bids?: Record<string, BidRow>
  counts?: Counts
  admittedHash?: string
  admittedSigned?: string[]
  hallReleased?: string[]
  chat?: Record<string, MessageView>
  cosigned?: Record<string, string>
  identityReleased?: string[]
  falseShares?: { by: string; bid: string; reason: string }[]
  reachable?: boolean
  live?: number
  undecided?: string[]
}

export interface HallMine {
  seat: string
  role: string
  may: string[]
  name?: string
  index?: number
  /** Further seats of the same person, with what each may do now. */
  seats?: Record<string, { role: string; may: string[]; index?: number }>
  bid?: string
  submission?: string
  offer?: { bid: string; part: string }
}

/** An accepted command: `v` counts it in; `receipt` is the logged event as far as its actor may know it. */
export interface Answer {
  ok: true
  v: number
  at: string
  index?: number
  receipt?: unknown
}
