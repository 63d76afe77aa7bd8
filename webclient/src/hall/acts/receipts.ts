/**
 * Receipts of acts (操作回执): the logged event with its salt, so that anybody can prove it against the public log.
 * Kept for the tab's session; the person downloads what it wants to keep.
 */
import type { Answer, Command } from '../wire'

export interface LoggedEvent {
  index: number
  stream: string
  version: number
  type: string
  seat: string
  at: string
  salt: string
  body: Record<string, unknown>
}

export interface ActReceipt {
  label: 'kaibiao/act-receipt/v1'
  lot: string
  do: Command
  seat: string
  event: LoggedEvent
}

const MOST = 40
const place = (lot: string): string => `kb-acts ${location.pathname.split('/')[2] ?? ''} ${lot}`

export function receiptOf(lot: string, seat: string, command: Command, answer: Answer): ActReceipt | null {
  const event = answer.receipt as LoggedEvent | undefined
  return event ? { label: 'kaibiao/act-receipt/v1', lot, do: command, seat, event } : null
}

export function keptReceipts(lot: string): ActReceipt[] {
  try {
    return JSON.parse(sessionStorage.getItem(place(lot)) ?? '[]') as ActReceipt[]
  } catch {
    return []
  }
}

/** Newest first, the same event once. */
export function keepReceipt(lot: string, receipt: ActReceipt): ActReceipt[] {
  const others = keptReceipts(lot).filter((kept) => kept.event.index !== receipt.event.index)
  const all = [receipt, ...others].slice(0, MOST)
  try {
    sessionStorage.setItem(place(lot), JSON.stringify(all))
  } catch {
    // No room: the receipts still stand on this page.
  }
  return all
}

export function download(name: string, value: unknown): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([JSON.stringify(value, null, 2)], { type: 'application/json' }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
