/** What each signed notice changed, for one lot: the deadline, the files, and whether bids must be sealed again. */
import { unb64 } from '@/crypto/canonical'
import type { SignedNotice } from '../api'

export interface FileFacts {
  name: string
  size: string
  sha256: string
  lot: string
}
interface NoticeLot {
  lot: string
  opensAt: string
  documents: FileFacts[]
}
export interface Exchange {
  text: string
  answer: string
}
interface TenderBody {
  label: string
  title: string
  mark: string
  lots: NoticeLot[]
}
interface ChangeBody {
  label: string
  title: string
  text: string
  mark: string
  affects: boolean
  reseal: boolean
  lots: Record<string, { opensAt: string; revision: number }>
  answers: Exchange[]
  objections: Exchange[]
  documents: FileFacts[]
}

export interface FileChange {
  name: string
  before: FileFacts | null
  after: FileFacts
}
/** One notice as it concerns a lot. */
export interface Entry {
  number: number
  kind: 'tender' | 'change'
  at: string
  title: string
  text: string
  sha256: string
  signer: string
  body: Uint8Array
  cms: Uint8Array
  affects: boolean
  reseal: boolean
  deadline: { before: string; after: string } | null
  files: FileChange[]
  answers: Exchange[]
  objections: Exchange[]
}

/** The notices that concern the lot, oldest first, each with what it changed. */
export function historyOf(notices: readonly SignedNotice[], lot: string): Entry[] {
  const files = new Map<string, FileFacts>()
  let deadline = ''
  const found: Entry[] = []
  for (const notice of [...notices].sort((a, b) => a.number - b.number)) {
    const body = unb64(notice.notice)
    const said = JSON.parse(new TextDecoder().decode(body)) as TenderBody & ChangeBody
    const entry = blank(notice, body, said)
    const told = notice.kind === 'tender' ? published(entry, said, lot, files, deadline) : changed(entry, said, lot, files, deadline)
    if (told === null) continue
    deadline = told
    found.push(entry)
  }
  return found
}

function blank(notice: SignedNotice, body: Uint8Array, said: TenderBody & ChangeBody): Entry {
  return {
    number: notice.number,
    kind: notice.kind,
    at: notice.at,
    title: said.title,
    text: said.text ?? '',
    sha256: notice.sha256,
    signer: notice.signer,
    body,
    cms: unb64(notice.cms),
    affects: said.affects ?? false,
    reseal: said.reseal ?? false,
    deadline: null,
    files: [],
    answers: said.answers ?? [],
    objections: said.objections ?? [],
  }
}

/** The new deadline, or null when the notice is about other lots. */
function published(entry: Entry, said: TenderBody, lot: string, files: Map<string, FileFacts>, before: string): string | null {
  const own = said.lots.find((one) => one.lot === lot)
  if (!own) return null
  for (const file of own.documents) files.set(file.name, file)
  if (before && before !== own.opensAt) entry.deadline = { before, after: own.opensAt }
  return own.opensAt
}

function changed(entry: Entry, said: ChangeBody, lot: string, files: Map<string, FileFacts>, before: string): string | null {
  const own = said.lots[lot]
  // A late answer to an objection concerns no lot's times, and is read by everybody all the same.
  if (!own && Object.keys(said.lots).length) return null
  for (const file of said.documents.filter((one) => one.lot === '' || one.lot === lot)) {
    const known = files.get(file.name) ?? null
    if (known?.sha256 !== file.sha256) entry.files.push({ name: file.name, before: known, after: file })
    files.set(file.name, file)
  }
  if (own && before && own.opensAt !== before) entry.deadline = { before, after: own.opensAt }
  return own?.opensAt ?? before
}
