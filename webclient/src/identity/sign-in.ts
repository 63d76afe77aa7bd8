/** Signing in: the certificate's key answers a challenge of this very address, and the session lives in a slot. */
import { problem, type Problem } from '@/api/problem'
import { now } from '@/clock'
import { b64, canon, parseCanonical, unb64 } from '@/crypto/canonical'
import { callAs } from './calls'
import { day } from '@/i18n/format'
import * as faults from './signer/p12-faults'
import { signerFrom, type SignerMaterial } from './signer/signer'
import type { CertificateFacts } from './signer/certificate'
import type { SignedInBody } from '@/wire/api'
import type { Bodies } from '@/wire/bodies'

interface Challenge {
  challenge: string
  origin: string
  statement: string
  expiresAt: string
}

const LABEL = 'kaibiao/sign-in/v1'
const STATEMENT_LIMIT = 4096

/** Open a session with a certificate, in a slot or (null) in a fresh one. Throws `Problem`. */
export async function openSession(material: SignerMaterial, slot: string | null): Promise<SignedInBody> {
  checkValidity(material.facts)
  const challenge = await callAs<Challenge>(slot, 'POST', '/auth/challenge', {})
  const statement = checkStatement(challenge)
  const cms = await signerFrom(material).detachedCms(statement, { at: new Date(now()) })
  const body: Bodies['POST /auth/session'] = { challenge: challenge.challenge, cms: b64(cms) }
  return callAs<SignedInBody>(slot, 'POST', '/auth/session', body)
}

/** Throws `Problem` for a certificate that is over, or not yet valid, by the server's clock. */
export function checkValidity(facts: CertificateFacts): void {
  if (facts.notAfter.getTime() < now()) throw faults.expired(day(facts.notAfter))
  if (facts.notBefore.getTime() > now()) throw faults.notYetValid(day(facts.notBefore))
}

/**
 * The bytes to sign, if they are a sign-in at this address and nothing else. A hostile server could relay another
 * server's challenge, or have something else signed.
 */
export function checkStatement(challenge: Challenge, origin: string = location.origin): Uint8Array {
  let bytes: Uint8Array
  try {
    bytes = unb64(challenge.statement)
    const found = parseCanonical(bytes, STATEMENT_LIMIT)
    const wanted = { label: LABEL, origin, challenge: challenge.challenge, expiresAt: challenge.expiresAt }
    if (b64(canon(found)) !== b64(canon(wanted))) throw foreign()
  } catch {
    throw foreign()
  }
  return bytes
}

function foreign(): Problem {
  return problem(
    'challenge-foreign',
    {
      what: '登录质询不属于本网站。',
      meaning: '没有签名，您的证书没有被使用；已提交的投标不受影响。',
      do: '可能有人冒充平台：请核对地址栏中的网址，并联系平台。',
    },
    {
      what: 'The sign-in challenge is not this site’s.',
      meaning: 'Nothing was signed and your certificate was not used. Bids already submitted are not affected.',
      do: 'Somebody may be posing as the platform: check the address above and tell the platform.',
    },
  )
}
