/**
 * The plaintext of a part: the form (唱标 fields) in a frame of its own, the files in one plain ZIP, padding.
 * u32 length, form, 16-byte nonce, u64 length, ZIP, zeros. The form stands only in the frame: there is one price.
 */
import { type Bytes, concat, readU32, readU64, u32, u64 } from './bytes'
import { canon, parseCanonical, sha256hex } from './canonical'
import type { Context } from './context'
import { Invalid } from './errors'
import { Fields } from './fields'
import { StreamOpener } from './stream'

const FORM_LABEL = 'kaibiao/form/v1'
export const MAX_FORM = 512 << 10
export const FORM_NONCE = 16

export type FormFields = Readonly<Record<string, string>>

/** The form as sealed: its canonical bytes, its fields, and the nonce that with it gives formCommit. */
export interface OpenedForm {
  readonly form: Bytes
  readonly fields: FormFields
  readonly nonce: Bytes
}

/** The canonical form. Context and part stand in it, so that its plain hash cannot be moved elsewhere. */
export function encodeForm(ctx: Context, part: string, fields: FormFields): Bytes {
  for (const [field, value] of Object.entries(fields)) {
    if (typeof value !== 'string') {
      throw new Invalid('bad-form', 'form fields are strings; money and ratios are decimal strings', { field })
    }
  }
  const form = canon({ label: FORM_LABEL, ctx: ctx.hash(), part, fields })
  if (form.length > MAX_FORM) throw new Invalid('form-too-large', `a form has at most ${MAX_FORM} bytes`)
  return form
}

/** The fields of a form that belongs to this context and part; `bad-form` otherwise. */
export function parseForm(ctx: Context, part: string, form: Uint8Array): FormFields {
  const fields = new Fields(parseCanonical(form, MAX_FORM), 'bad-form', ['label', 'ctx', 'part', 'fields'])
  fields.label('label', FORM_LABEL)
  fields.label('ctx', ctx.hash())
  fields.label('part', part)
  const values = fields.inner('fields').value
  if (!Object.values(values).every((value) => typeof value === 'string')) throw new Invalid('bad-form', 'form fields are strings')
  return values as FormFields
}

/** SHA-256(form || nonce): anybody can check an announced price against the manifest with this. */
export function formCommit(form: Uint8Array, nonce: Uint8Array): string {
  if (nonce.length !== FORM_NONCE) throw new Invalid('bad-form', `a form's nonce has ${FORM_NONCE} bytes`)
  return sha256hex(form, nonce)
}

/** What Tink's stream of a part is bound to. */
export const associatedData = (ctx: Context, part: string): Bytes => ctx.bound('payload', { part })

export const frameHead = (form: Uint8Array, nonce: Uint8Array, zipSize: number): Bytes =>
  concat(u32(form.length), form, nonce, u64(zipSize))

/** What the first segment's plaintext begins with; `start` is the offset of the ZIP. `bad-payload`. */
export function parseHead(plain: Uint8Array): { form: Bytes; nonce: Bytes; zipSize: number; start: number } {
  const length = plain.length < 4 ? MAX_FORM + 1 : readU32(plain)
  const start = 4 + length + FORM_NONCE + 8
  if (length > MAX_FORM || start > plain.length) throw new Invalid('bad-payload', "the payload's frame is malformed")
  const zipSize = readU64(plain, start - 8)
  if (zipSize > BigInt(Number.MAX_SAFE_INTEGER)) throw new Invalid('bad-payload', "the payload's frame is malformed")
  return { form: plain.slice(4, 4 + length), nonce: plain.slice(4 + length, start - 8), zipSize: Number(zipSize), start }
}

export type Write = (chunk: Bytes) => void | Promise<void>

/** Hands on the ZIP of a payload as its segments come by in order, and insists on the zeros behind it. */
export class PayloadReader {
  private left = -1

  constructor(private readonly write: Write) {}

  async take(index: number, plain: Bytes): Promise<void> {
    let rest = plain
    if (index === 0) {
      const head = parseHead(plain)
      this.left = head.zipSize
      rest = plain.subarray(head.start)
    }
    const body = rest.subarray(0, this.left)
    if (body.length) await this.write(body)
    this.left -= body.length
    if (rest.subarray(body.length).some((byte) => byte !== 0)) throw new Invalid('bad-payload', 'the padding is not zeros')
  }

  close(): void {
    if (this.left !== 0) throw new Invalid('bad-payload', 'the payload is shorter than its frame says')
  }
}

/** An opener for a part's ciphertext of `size` bytes that begins with `first`. */
export const openStream = (ctx: Context, part: string, dek: Uint8Array, first: Uint8Array, size: number): Promise<StreamOpener> =>
  StreamOpener.of(dek, associatedData(ctx, part), first, size)
