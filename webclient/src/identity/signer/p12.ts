/**
 * Opening a .p12 (PKCS#12, RFC 7292) in this page. The file and its password never leave it; the keys become
 * non-extractable WebCrypto keys.
 *
 * Current files (PBES2) are read with pkijs, older ones (RC2, 3DES under SHA-1) with node-forge; both are fetched
 * only when a file is opened, the second only when a file needs it.
 */
import { asProblem, Problem } from '@/api/problem'
import { certificateFacts, certificateParts, mayAgree, maySign, type CertificateFacts } from './certificate'
import { same } from './der'
import * as faults from './p12-faults'
import { belongs, importAgreementKey, importSigningKey, type SignerMaterial } from './signer'

/** What a .p12 holds, before anything is chosen. */
export interface P12Content {
  keys: Uint8Array[]
  certificates: Uint8Array[]
}

/** A certificate of the file that could sign in. */
export interface Candidate {
  material: SignerMaterial
  facts: CertificateFacts
}

interface Held {
  der: Uint8Array
  facts: CertificateFacts
}

/** No certificate file is larger; a video chosen by mistake is not read into memory. */
export const MAX_P12 = 2 * 1024 * 1024

/**
 * Every certificate of the file whose key is in it and may sign, the one valid longest first.
 *
 * Throws `Problem`: `p12-unreadable`, `p12-password`, `p12-without-key`, `key-not-usable`.
 */
export async function openP12(file: Uint8Array, password: string): Promise<Candidate[]> {
  const content = await readContent(file, password)
  if (content.keys.length === 0) throw faults.withoutKey(content.certificates.length)
  const held = await Promise.all(content.certificates.map(describe))
  const holders = held.filter(({ facts }) => !facts.isAuthority)
  const owned = await matchKeys(holders, content.keys)
  const signing = owned.filter(({ one }) => maySign(one.facts))
  if (signing.length === 0) throw faults.withoutSigningKey()
  const candidates = await Promise.all(signing.map((each) => candidate(each, owned, held)))
  return candidates.sort((a, b) => b.facts.notAfter.getTime() - a.facts.notAfter.getTime())
}

async function readContent(file: Uint8Array, password: string): Promise<P12Content> {
  const { isPkcs12, isLegacy } = await import('./p12-kind')
  if (!isPkcs12(file)) throw faults.unreadable()
  try {
    if (isLegacy(file)) return await (await import('./p12-legacy')).readLegacy(file, password)
    return await (await import('./p12-modern')).readModern(file, password)
  } catch (thrown) {
    throw thrown instanceof Problem ? thrown : faults.unreadable(asProblem(thrown).en.what)
  }
}

async function describe(der: Uint8Array): Promise<Held> {
  try {
    return { der, facts: await certificateFacts(der) }
  } catch {
    throw faults.unreadable()
  }
}

interface Owned {
  one: Held
  pkcs8: Uint8Array
  key: CryptoKey
}

/** Keys beside the certificates they belong to. A key that fits none is left out, as is a certificate without. */
async function matchKeys(holders: Held[], keys: Uint8Array[]): Promise<Owned[]> {
  const found: Owned[] = []
  let refused: Problem | null = null
  for (const pkcs8 of keys) {
    for (const one of holders) {
      const key = await importSigningKey(pkcs8, one.facts).catch((thrown: unknown) => {
        if (thrown instanceof Problem) refused = thrown
        return null
      })
      if (key && (await belongs(key, one.der, one.facts))) found.push({ one, pkcs8, key })
    }
  }
  if (found.length === 0) throw refused ?? faults.withoutKey(holders.length)
  return found
}

async function candidate(each: Owned, owned: Owned[], held: Held[]): Promise<Candidate> {
  const { one, key } = each
  const second = [each, ...owned].find((other) => mayAgree(other.one.facts) && sameHolder(other.one, one))
  const encryption = second && { certificate: second.one.der, key: await importAgreementKey(second.pkcs8) }
  const chain = chainOf(one, held)
  return {
    facts: one.facts,
    material: { certificate: one.der, chain, facts: one.facts, key, encryption: encryption ?? null },
  }
}

/** A pair (双证书) is issued by one authority to one holder. */
const sameHolder = (a: Held, b: Held): boolean =>
  a.facts.issuer === b.facts.issuer && a.facts.creditCode === b.facts.creditCode

/** The certificates above one, as far as the file has them; a self-signed anchor is left out, for the server has its own. */
function chainOf(leaf: Held, held: Held[]): Uint8Array[] {
  const chain: Uint8Array[] = []
  let below = leaf.der
  while (chain.length < 8) {
    const { issuer } = certificateParts(below)
    const above = held.find(({ der, facts }) => facts.isAuthority && same(certificateParts(der).subject, issuer))
    if (!above || same(above.der, below) || chain.includes(above.der)) break
    const parts = certificateParts(above.der)
    if (same(parts.issuer, parts.subject)) break
    chain.push(above.der)
    below = above.der
  }
  return chain
}
