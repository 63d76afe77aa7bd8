/** From a file, a code or a lot to its check. */
import { parseReceipt } from '@/crypto/receipt'
import { checkAct, parseAct } from './check-act'
import { checkArchive } from './check-archive'
import { checkCode } from './check-code'
import { checkReceipt } from './check-receipt'
import { checkRecord, minutesIn } from './check-record'
import type { Reporter, Request, Result } from './checks'
import type { Memory } from './memory'
import { platform as here, type Platform } from './platform'
import { Unreadable } from './report'
import { walk } from './pdf/walk'

/** A record with its fonts and signatures has some hundred KiB; what is far beyond is none. */
const MAX_PDF = 256 << 20
const MAX_RECEIPT = 64 << 10
/** One act may release the shares of a thousand bids. */
const MAX_ACT = 32 << 20

export async function run(request: Request, reporter: Reporter, platform: Platform = here): Promise<Result> {
  if ('code' in request) return checkCode(request.code, request.memory, platform, reporter)
  if ('lot' in request) {
    const blob = await platform.blob(`/lots/${encodeURIComponent(request.lot)}/archive`, reporter.bytes)
    return checkArchive(blob, request.memory, platform, reporter)
  }
  return checkFile(request.file, request.memory, platform, reporter)
}

async function checkFile(file: Blob, memory: Memory, platform: Platform, reporter: Reporter): Promise<Result> {
  const head = new Uint8Array(await file.slice(0, 8).arrayBuffer())
  const starts = (text: string): boolean => [...text].every((letter, n) => head[n] === letter.charCodeAt(0))
  if (starts('PK')) return checkArchive(file, memory, platform, reporter)
  if (starts('%PDF-')) return checkPdf(file, memory, platform, reporter)
  if (file.size > MAX_ACT || !starts('{')) throw new Unreadable('neither receipt nor record nor archive')
  const data = new Uint8Array(await file.arrayBuffer())
  const act = parseAct(data)
  if (act) return checkAct(act, memory, platform, reporter)
  if (file.size > MAX_RECEIPT) throw new Unreadable('a receipt is not this large')
  return checkReceipt(data, memory, platform, reporter)
}

/** A PDF is a receipt when one is attached to it, and otherwise a record. */
async function checkPdf(file: Blob, memory: Memory, platform: Platform, reporter: Reporter): Promise<Result> {
  if (file.size > MAX_PDF) throw new Unreadable('a PDF this large is no record')
  const pdf = new Uint8Array(await file.arrayBuffer())
  const receipt = await attachedReceipt(pdf)
  return receipt ? checkReceipt(receipt, memory, platform, reporter) : checkRecord(pdf, memory, platform, reporter)
}

async function attachedReceipt(pdf: Uint8Array): Promise<Uint8Array | null> {
  try {
    const { files } = await minutesIn(pdf, walk(pdf))
    const found = files.find((one) => one.name === 'receipt.json')
    if (!found) return null
    parseReceipt(found.data)
    return found.data
  } catch {
    // The record's own check says what is wrong with the file.
    return null
  }
}
