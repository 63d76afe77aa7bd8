/** What a part will consist of, known before a byte of it is read: names, sizes, padding, places of all pieces. */
import type { Bytes } from '../bytes'
import { type Context, MAX_PARTS, PART_NAME } from '../context'
import { Invalid } from '../errors'
import { encodeForm, type FormFields, frameHead, FORM_NONCE } from '../payload'
import { archiveSize, checkNames, directorySize, localHeaderSize } from '../plain-zip'
import { bucketSegments, SEGMENT } from '../stream'

/**
 * A file of the bid: its name in the archive (NFC, `/` between steps) and its bytes, read in order. `size` is what
 * its owner saw: browsers ask the disk again, and a file that is gone has size 0 then.
 */
export interface FileInput {
  readonly name: string
  readonly blob: Blob
  readonly size?: number
}

/** What a bidder puts into one part: the form's fields as strings, and files by name. */
export interface PartInput {
  readonly name: string
  readonly form: FormFields
  readonly files: readonly FileInput[]
}

export interface PartPlan {
  readonly name: string
  readonly form: Bytes
  readonly files: readonly FileInput[]
  /** Of the files, taken once: everything is laid out by them. */
  readonly sizes: readonly number[]
  /** Bytes of the ZIP, and of all that is not padding. */
  readonly zipSize: number
  readonly total: number
  readonly segments: number
  /** Bytes of the ciphertext: what is uploaded and what the disk must have room for. */
  readonly size: number
}

/** A stretch of a payload's plaintext: given bytes, a file, or a header that waits for its file's checksum. */
export type Piece =
  | { readonly kind: 'bytes'; readonly start: number; readonly length: number; readonly bytes: Bytes }
  | { readonly kind: 'file'; readonly start: number; readonly length: number; readonly file: number }
  | { readonly kind: 'header'; readonly start: number; readonly length: number; readonly file: number }
  | { readonly kind: 'directory'; readonly start: number; readonly length: number }

/** `bad-parts`, `bad-file-name`, `bad-form`, `part-too-large` … or what the parts come to. */
export function planParts(ctx: Context, parts: readonly PartInput[]): PartPlan[] {
  const names = parts.map((part) => part.name)
  if (!names.length || names.length > MAX_PARTS || new Set(names).size !== names.length) {
    throw new Invalid('bad-parts', `a bid has 1 to ${MAX_PARTS} parts with different names`)
  }
  if (!names.every((name) => PART_NAME.test(name))) {
    throw new Invalid('bad-parts', "a part's name is lower-case letters, digits and hyphens")
  }
  return parts.map((part) => planPart(ctx, part))
}

function planPart(ctx: Context, part: PartInput): PartPlan {
  checkNames(part.files.map((file) => file.name))
  const form = encodeForm(ctx, part.name, part.form)
  const sizes = part.files.map(sizeOf)
  const zipSize = archiveSize(part.files.map(({ name }, file) => ({ name, size: sizes[file] ?? 0 })))
  const total = 4 + form.length + FORM_NONCE + 8 + zipSize
  const segments = bucketSegments(total)
  return { name: part.name, form, files: part.files, sizes, zipSize, total, segments, size: segments * SEGMENT }
}

function sizeOf({ name, blob, size }: FileInput): number {
  const found = blob.size
  if (size !== undefined && size !== found) {
    throw new Invalid('file-changed', 'a file has another size than when it was chosen', { name, why: found ? 'size' : 'NotFoundError' })
  }
  return found
}

/** All pieces of a part's plaintext in order; what follows the last one is zeros. */
export function piecesOf(plan: PartPlan, formNonce: Uint8Array): Piece[] {
  const head = frameHead(plan.form, formNonce, plan.zipSize)
  const pieces: Piece[] = [{ kind: 'bytes', start: 0, length: head.length, bytes: head }]
  let at = head.length
  const entries = plan.files.map(({ name }, file) => ({ name, size: plan.sizes[file] ?? 0 }))
  entries.forEach((entry, file) => {
    const header = localHeaderSize(entry)
    pieces.push({ kind: 'header', start: at, length: header, file })
    if (entry.size) pieces.push({ kind: 'file', start: at + header, length: entry.size, file })
    at += header + entry.size
  })
  const length = directorySize(entries)
  pieces.push({ kind: 'directory', start: at, length })
  return pieces
}

/** A name as a bid may hold it: macOS gives decomposed characters, browsers give folders with a leading slash. */
export const tidyName = (name: string): string => name.normalize('NFC').replace(/^\/+/, '')
