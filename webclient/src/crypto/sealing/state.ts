/**
 * What a sealing must remember to go on after a reload. SECRET: whoever has it opens the bid with the officers'
 * shares missing. It is kept under a key that never leaves the browser, and dropped once the manifest is made.
 */
import { type Bytes, concat, own, random as fresh, type Random } from '../bytes'
import { b64, canon, type Json, parseCanonical, unb64 } from '../canonical'
import { type Context, parseContext } from '../context'
import { Invalid } from '../errors'
import { Fields } from '../fields'
import { deriveScalar } from '../hpke'
import { FORM_NONCE } from '../payload'
import { PREFIX, SALT } from '../stream'
import { NONCE } from '../suite'
import { newRecoveryCode, parseRecoveryCode } from '../wraps'
import type { PartPlan } from './plan'

export interface PartSecrets {
  readonly kHall: Bytes
  readonly formNonce: Bytes
  readonly salt: Bytes
  readonly prefix: Bytes
}

/** A file as it was chosen, to recognise it when it is chosen again. */
export interface FileMark {
  readonly name: string
  readonly size: number
  readonly lastModified: number | null
}

export interface SealingState {
  readonly ctx: Context
  readonly prev: string | null
  readonly kBidder: Bytes
  readonly kIdentity: Bytes
  readonly receiptPrivate: Bytes
  readonly recoveryCode: string
  readonly parts: readonly { readonly name: string; readonly secrets: PartSecrets; readonly form: Bytes; readonly files: readonly FileMark[] }[]
}

/** All secrets of a bid, drawn in the order of `crypto/sealing.py`. */
export function drawSecrets(ctx: Context, plans: readonly PartPlan[], prev: string | null, random: Random = fresh): SealingState {
  const kBidder = random(32)
  const kIdentity = random(32)
  const receiptPrivate = deriveScalar(random(32))
  const recoveryCode = newRecoveryCode(random)
  const parts = plans.map((plan) => ({
    name: plan.name,
    form: plan.form,
    files: marks(plan),
    secrets: { kHall: random(32), formNonce: random(FORM_NONCE), salt: random(SALT), prefix: random(PREFIX) },
  }))
  return { ctx, prev, kBidder, kIdentity, receiptPrivate, recoveryCode, parts }
}

function marks({ files, sizes }: PartPlan): FileMark[] {
  return files.map(({ name, blob }, file) => ({
    name,
    size: sizes[file] ?? 0,
    lastModified: blob instanceof File ? blob.lastModified : null,
  }))
}

/** `file-changed` unless form and files are those the state was made for (content is compared while sealing). */
export function checkSameInput(state: SealingState, plans: readonly PartPlan[]): void {
  const changed = (detail: string, facts: Record<string, unknown> = {}) => new Invalid('file-changed', detail, facts)
  if (plans.length !== state.parts.length) throw changed('the bid has other parts than before')
  for (const [i, part] of state.parts.entries()) {
    const plan = plans[i]
    if (plan?.name !== part.name || b64(plan.form) !== b64(part.form)) throw changed('the form is not the one that was sealed', { part: part.name })
    if (plan.files.length !== part.files.length) throw changed('there are other files than before', { part: part.name })
    const found = marks(plan)
    for (const [j, before] of part.files.entries()) {
      const now = found[j]
      if (now?.name !== before.name || now.size !== before.size || now.lastModified !== before.lastModified) {
        throw changed('a file is not the one that was sealed', { name: before.name, why: 'mark' })
      }
    }
  }
}

const LABEL = 'kaibiao/sealing-state/v1'

/** The state under a key of this browser (AES-GCM, not extractable, kept in IndexedDB by the caller). */
export async function protectState(state: SealingState, key: CryptoKey): Promise<Bytes> {
  const nonce = fresh(NONCE)
  const plain = canon({
    label: LABEL,
    ctx: state.ctx.encode(),
    prev: state.prev,
    kBidder: b64(state.kBidder),
    kIdentity: b64(state.kIdentity),
    receiptPrivate: b64(state.receiptPrivate),
    recoveryCode: state.recoveryCode,
    parts: state.parts.map(({ name, form, files, secrets }) => ({
      name,
      form: b64(form),
      files: files.map((file) => ({ ...file })),
      kHall: b64(secrets.kHall),
      formNonce: b64(secrets.formNonce),
      salt: b64(secrets.salt),
      prefix: b64(secrets.prefix),
    })),
  })
  return concat(nonce, new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, key, plain)))
}

/** The state of `protectState`; `bad-sealing-state` when it is not under this key or not whole. */
export async function unprotectState(data: Uint8Array, key: CryptoKey): Promise<SealingState> {
  let plain: Bytes
  try {
    const iv = own(data.slice(0, NONCE))
    plain = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, own(data.slice(NONCE))))
  } catch {
    throw new Invalid('bad-sealing-state', 'the kept state does not open in this browser')
  }
  const fields = new Fields(parseCanonical(plain, 64 << 20), 'bad-sealing-state')
  fields.label('label', LABEL)
  const recoveryCode = fields.text('recoveryCode')
  parseRecoveryCode(recoveryCode)
  return {
    ctx: parseContext(fields.raw('ctx')),
    prev: fields.optionalHash('prev'),
    kBidder: fields.data('kBidder', { size: 32 }),
    kIdentity: fields.data('kIdentity', { size: 32 }),
    receiptPrivate: fields.data('receiptPrivate', { size: 32 }),
    recoveryCode,
    parts: fields.items('parts', 1, 8).map(readPart),
  }
}

function readPart(value: Json): SealingState['parts'][number] {
  const fields = new Fields(value, 'bad-sealing-state')
  return {
    name: fields.text('name', 32),
    form: unb64(fields.raw('form')),
    files: fields.items('files', 0, 10_000) as unknown as readonly FileMark[],
    secrets: {
      kHall: fields.data('kHall', { size: 32 }),
      formNonce: fields.data('formNonce', { size: FORM_NONCE }),
      salt: fields.data('salt', { size: SALT }),
      prefix: fields.data('prefix', { size: PREFIX }),
    },
  }
}
