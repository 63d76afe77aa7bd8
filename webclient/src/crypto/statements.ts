/** What a bidder says without its name: statements signed by a bid's receipt key (receipt-statements.md). */
import type { Bytes } from './bytes'
import { b64, canon, type Json, unb64 } from './canonical'
import { Invalid } from './errors'
import { sign, verify } from './p256'

export const WITHDRAW = 'kaibiao/withdraw/v1'
export const REPLACE = 'kaibiao/replace/v1'
export const CHECKIN = 'kaibiao/checkin/v1'
export const DIAGNOSTIC = 'kaibiao/diagnostic/v1'
export const ACKNOWLEDGE_ADDENDUM = 'kaibiao/ack-addendum/v1'
export const SEAT = 'kaibiao/seat/v1'

/** The members a label's statement has at least: without them it could be said of another lot or bid. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  [WITHDRAW]: ['tender', 'lot', 'submission'],
  [REPLACE]: ['tender', 'lot', 'old', 'new'],
  [CHECKIN]: ['tender', 'lot', 'bid', 'at'],
  [DIAGNOSTIC]: ['tender', 'lot', 'bid'],
  [ACKNOWLEDGE_ADDENDUM]: ['tender', 'lot'],
  [SEAT]: ['lot', 'challenge'],
}
const LABEL = /^kaibiao\/[a-z-]+\/v[1-9][0-9]*$/
const MAX_STATEMENT = 64 << 10

export type Statement = Readonly<Record<string, Json>>

/** The bytes that are signed; `bad-statement` without a label of ours or with its members missing. */
export function encodeStatement(statement: Statement): Bytes {
  const { label } = statement
  if (typeof label !== 'string' || !LABEL.test(label)) {
    throw new Invalid('bad-statement', 'a statement carries a label such as kaibiao/withdraw/v1')
  }
  const missing = (MEMBERS[label] ?? []).filter((name) => !Object.hasOwn(statement, name))
  if (missing.length) throw new Invalid('bad-statement', `the statement lacks ${missing.sort().join(', ')}`)
  const data = canon(statement)
  if (data.length > MAX_STATEMENT) throw new Invalid('bad-statement', `a statement has at most ${MAX_STATEMENT} bytes`)
  return data
}

/** The base64url signature of `statement` by a 32-byte receipt private key. */
export async function signStatement(receiptPrivate: Uint8Array, statement: Statement): Promise<string> {
  return b64(await sign(receiptPrivate, encodeStatement(statement)))
}

/** `bad-signature` unless the receipt key (a point) signed exactly this statement. */
export function verifyStatement(point: Uint8Array, statement: Statement, signature: string): Promise<void> {
  return verify(point, encodeStatement(statement), unb64(signature))
}
