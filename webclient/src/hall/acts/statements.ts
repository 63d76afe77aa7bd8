/** What a person signs in the hall: the same canonical statements as `opening_hall/statements.py`. */
import { canon } from '@/crypto/canonical'

/** An officer's signature over the admitted set. */
export const admitted = (lot: string, part: string, hash: string): Uint8Array =>
  canon({ label: 'kaibiao/sign-admitted/v1', lot, part, hash })

/** Attribution of failures (归责). */
export const adjudication = (lot: string, bids: readonly string[], cause: string, reason: string): Uint8Array =>
  canon({ label: 'kaibiao/adjudicate/v1', lot, bids: [...bids].sort(), cause, reason })

/** An objection (异议). */
export const objection = (lot: string, id: string, text: string): Uint8Array =>
  canon({ label: 'kaibiao/objection/v1', lot, objection: id, text })

/** The host's answer to it. */
export const answer = (lot: string, id: string, text: string, resolution: string): Uint8Array =>
  canon({ label: 'kaibiao/objection-answer/v1', lot, objection: id, text, resolution })

/** A bidder's own line as read (报价确认). */
export const line = (lot: string, bid: string, part: string, form: Readonly<Record<string, string>>): Uint8Array =>
  canon({ label: 'kaibiao/confirm/v1', lot, bid, part, form: { ...form } })

/** Ending the opening for good (终止). */
export const abort = (lot: string, code: string, reason: string): Uint8Array =>
  canon({ label: 'kaibiao/abort/v1', lot, code, reason })

/** Opening the next part (复会) for these bids. */
export const reconvene = (lot: string, bids: readonly string[], reason: string): Uint8Array =>
  canon({ label: 'kaibiao/reconvene/v1', lot, bids: [...bids].sort(), reason })

/** Passing the host's duty on, or a deputy taking it. */
export const handover = (lot: string, to: string, reason: string): Uint8Array =>
  canon({ label: 'kaibiao/host-handover/v1', lot, to, reason })

/** What the officers sign before phase B: the part and the admitted submissions by bid id. */
export const admittedSet = (lot: string, part: string, submissions: Readonly<Record<string, string>>): Uint8Array =>
  canon({
    label: 'kaibiao/admitted/v1',
    lot,
    part,
    bids: Object.keys(submissions)
      .sort()
      .map((bid) => ({ bid, submission: submissions[bid]! })),
  })

/** A person's words as the server keeps them: one spelling, no stray control characters. What is signed must be this. */
export function plain(text: string): string {
  return text
    .normalize('NFC')
    .replaceAll('\r\n', '\n')
    .replace(/[\p{Cc}\p{Cs}\p{Co}\p{Cn}]/gu, (c) => (c === '\n' ? c : ''))
    .trim()
}
