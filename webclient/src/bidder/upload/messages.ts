/** What the page and its sealing worker say to each other. */
import type { SignerMaterial } from '@/identity/signer/signer'
import type { Replacement } from '@/wire/bodies'

/** What a tab shows of the work, also told to the tabs that only follow. */
export interface RunState {
  bid: string
  stage: 'preparing' | 'sealing' | 'uploading' | 'verifying' | 'done' | 'failed'
  paused: boolean
  /** Plain bytes sealed, of. */
  sealed: number
  sealTotal: number
  /** Bytes handed to the network, confirmed by the server, of. */
  sent: number
  confirmed: number
  total: number
  /** Bytes per second of the stage that runs; 0 while unknown. */
  speed: number
  /** Seconds left of the stage that runs; null while unknown. */
  left: number | null
  /** The line is down and the next attempt waits. */
  waiting: boolean
  interruptions: number
}

export interface SealFile {
  name: string
  file: File
}
export interface SealPart {
  name: string
  form: Record<string, string>
  files: SealFile[]
}

export interface SealRequest {
  bid: string
  tender: string
  lot: string
  round: number
  docsHash: string
  keyset: Uint8Array
  parts: SealPart[]
  identity: IdentityFacts
  signer: SignerMaterial
  passphrase: string
  prev: string | null
}

/** The facts of the identity box that the bidder states. */
export interface IdentityFacts {
  organisation: { name: string; creditCode: string }
  members: { name: string; creditCode: string }[]
  contact: Record<string, string>
  representative: Record<string, string>
  deposit: Record<string, string> | null
  device: Record<string, string> | null
  replaces: string[]
}

/** What sealing gives; ciphertexts are in the private file system already. */
export interface SealResult {
  manifest: Uint8Array<ArrayBuffer>
  box: Uint8Array<ArrayBuffer>
  keyFile: Uint8Array<ArrayBuffer>
  recoveryCode: string
  recoverySheet: string
  submission: string
  kBidder: Uint8Array<ArrayBuffer>
  receiptPrivate: Uint8Array<ArrayBuffer>
  sizes: Record<string, number>
}

export interface UploadRequest {
  bid: string
  lot: string
  manifest: Uint8Array<ArrayBuffer>
  box: Uint8Array<ArrayBuffer>
  sizes: Record<string, number>
  ticket: string
  /** Known from before a reload. */
  known: { upload: string; secret: string } | null
  replace: Replacement | null
}

export interface UploadResult {
  state: string
  acceptedAt: string | null
  refused: { code: string; detail: string } | null
  receipt: string | null
}

export interface WireProblem {
  code: string
  zh: { what: string; meaning: string; do: string }
  en: { what: string; meaning: string; do: string }
  status: number
  facts: Record<string, unknown>
}

export type ToWorker =
  | { do: 'seal'; request: SealRequest }
  | { do: 'upload'; request: UploadRequest }
  | { do: 'pause' }
  | { do: 'resume' }

export type FromWorker =
  | { is: 'progress'; state: Partial<RunState> }
  | { is: 'begun'; upload: string; secret: string }
  | { is: 'sealed'; result: SealResult }
  | { is: 'uploaded'; result: UploadResult }
  | { is: 'failed'; problem: WireProblem }
