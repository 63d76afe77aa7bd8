/**
 * Whose certificates count, and whether one of them was good at a stated time. Mirrors `crypto/trust.py`; OCSP answers
 * are not read here, so where only they speak the judgement is `adjudicate`, as with no evidence at all.
 */
import { same } from '@/crypto/bytes'
import { type Json, unb64 } from '@/crypto/canonical'
import type { SignedBy } from '@/crypto/cms'
import { Invalid } from '@/crypto/errors'
import { parseCreditCode } from '@/identity/signer/credit-code'
import { readTlv, readText } from '@/identity/signer/der'
import {
  attributes, type Certificate, commonName, issues, listSignedBy, readCertificate, readList, type RevocationList, strange, usages,
} from './x509'

const MAX_PATH = 6
const MAX_PATTERN = 200

interface SubjectRule {
  source: 'attribute' | 'extension'
  oid: string
  pattern: string
  organisationOid: string
}
export interface Authority {
  id: string
  name: string
  anchors: Certificate[]
  intermediates: Certificate[]
  rule: SubjectRule
}
export interface Judgement {
  verdict: 'valid' | 'invalid' | 'adjudicate'
  reason: string
  detail: string
  creditCode: string
  organisation: string
  name: string
  authority: string
}

/** An authority as it stands in trust/authorities.json or in GET /trust; `authorities-malformed`. */
export function parseAuthority(value: Json): Authority {
  try {
    const { id, name, anchors, intermediates, subjectRule } = value as unknown as {
      id: string; name: string; anchors: string[]; intermediates: string[]; subjectRule: SubjectRule
    }
    if (subjectRule.pattern.length > MAX_PATTERN) throw new Error('an expression that long is no rule')
    new RegExp(subjectRule.pattern)
    const certificates = (texts: string[]): Certificate[] => texts.map((text) => readCertificate(unb64(text)))
    return { id, name, anchors: certificates(anchors), intermediates: certificates(intermediates), rule: subjectRule }
  } catch (fault) {
    throw new Invalid('authorities-malformed', (fault as Error).message)
  }
}

export class TrustStore {
  private readonly lists: RevocationList[]

  constructor(
    readonly authorities: readonly Authority[],
    crls: readonly Uint8Array[],
    /** How old a list about the holder may be at the time judged, in milliseconds. */
    private readonly maxAge: number,
  ) {
    this.lists = crls.map(readList)
  }

  get anchors(): Certificate[] {
    return this.authorities.flatMap((one) => one.anchors)
  }

  /** Judge a certificate (DER) as of `at`; never throws for what an outsider sent, the verdict says it. */
  async judge(der: Uint8Array, chain: readonly Uint8Array[], at: Date): Promise<Judgement> {
    const blank: Judgement = { verdict: 'invalid', reason: '', detail: '', creditCode: '', organisation: '', name: '', authority: '' }
    try {
      const leaf = readCertificate(der)
      const found = { ...blank, name: commonName(leaf) }
      const { authority, path, fault } = await this.path(leaf, chain, at)
      if (!authority || !path) return { ...found, reason: fault, detail: `${commonName(leaf)} ${at.toISOString()}` }
      const may = usages(leaf)
      if (may && !may.has('digitalSignature') && !may.has('nonRepudiation')) {
        return { ...found, reason: 'certificate-key-usage', detail: 'the certificate may not sign' }
      }
      const creditCode = creditCodeOf(leaf, authority.rule)
      const organisation = attributes(leaf.subjectName, authority.rule.organisationOid)[0] ?? ''
      return await this.status({ ...found, creditCode, organisation, authority: authority.name }, path, at)
    } catch (fault) {
      if (fault instanceof Invalid) return { ...blank, reason: fault.code, detail: fault.detail }
      throw fault
    }
  }

  /**
   * Refuses unless the certificate was good at `at` and speaks for one of the organisations; none given: for anybody.
   * Anybody can make a certificate that names an organisation: only the path to an anchor says who vouches for it.
   */
  async require(by: SignedBy, at: Date, ...creditCodes: string[]): Promise<Judgement> {
    const judged = await this.judge(by.certificate, by.chain, at)
    if (judged.verdict === 'invalid') throw new Invalid(judged.reason, judged.detail)
    if (creditCodes.length && !creditCodes.includes(judged.creditCode)) {
      throw new Invalid('signature-of-somebody-else', `the certificate speaks for ${judged.creditCode}`)
    }
    return judged
  }

  private async path(leaf: Certificate, chain: readonly Uint8Array[], at: Date) {
    let fault = 'certificate-untrusted'
    for (const authority of this.authorities) {
      const pool = [...chain.slice(0, 10).flatMap(readable), ...authority.intermediates]
      const found = await climb([leaf], pool, authority.anchors)
      if (!found) continue
      const when = found.find((one) => at < one.notBefore || at > one.notAfter)
      if (!when && !found.some((one) => strange(one))) return { authority, path: found, fault: '' }
      fault = !when ? 'certificate-path-invalid' : at > when.notAfter ? 'certificate-expired' : 'certificate-not-yet-valid'
    }
    return { authority: null, path: null, fault }
  }

  /** Every certificate of the path but the anchor against the lists its issuer signed. */
  private async status(found: Judgement, path: readonly Certificate[], at: Date): Promise<Judgement> {
    let known = true
    for (let n = 0; n + 1 < path.length; n += 1) {
      const [certificate, issuer] = [path[n]!, path[n + 1]!]
      const own: RevocationList[] = []
      for (const list of this.lists) if (await listSignedBy(list, issuer)) own.push(list)
      const entries = own.flatMap((list) => {
        const entry = list.revoked.get(certificate.serial)
        return entry && entry.at <= at && (entry.final || this.fresh(list, at, n === 0)) ? [entry] : []
      })
      if (entries[0]) {
        return { ...found, reason: 'certificate-revoked', detail: `${commonName(certificate)} ${entries[0].at.toISOString()}` }
      }
      const spoken = own.some((list) => this.fresh(list, at, n === 0) && (list.keepsExpired || list.issuedAt <= certificate.notAfter))
      known &&= spoken
    }
    return known
      ? { ...found, verdict: 'valid' }
      : { ...found, verdict: 'adjudicate', reason: 'revocation-unknown', detail: 'no fresh list about it' }
  }

  /** About the holder: not older than the rule row allows at `at`, newer is welcome; above it: valid at `at`. */
  private fresh(list: RevocationList, at: Date, holder: boolean): boolean {
    if (list.issuedAt >= at) return true
    if (holder) return at.getTime() - list.issuedAt.getTime() <= this.maxAge
    return list.nextUpdate !== null && list.nextUpdate >= at
  }
}

/** A chain sent by the holder may contain junk; junk proves nothing and harms nothing. */
function readable(der: Uint8Array): Certificate[] {
  try {
    return [readCertificate(der)]
  } catch {
    return []
  }
}

/** Depth first from the end certificate to any root, every step signed; times are judged afterwards. */
export async function climb(
  path: Certificate[], pool: readonly Certificate[], roots: readonly Certificate[],
): Promise<Certificate[] | null> {
  const last = path.at(-1)!
  if (roots.some((root) => same(root.der, last.der))) return path
  if (path.length >= MAX_PATH) return null
  for (const candidate of [...roots, ...pool]) {
    if (path.some((one) => same(one.der, candidate.der))) continue
    if (!(await issues(candidate, last, path.length - 1))) continue
    const found = await climb([...path, candidate], pool, roots)
    if (found) return found
  }
  return null
}

/** The credit code that the authority's rule reads out of the certificate; exactly one value may match. */
function creditCodeOf(certificate: Certificate, rule: SubjectRule): string {
  const values = rule.source === 'attribute' ? attributes(certificate.subjectName, rule.oid) : extensionTexts(certificate, rule.oid)
  const pattern = new RegExp(rule.pattern)
  const matches = new Set(values.flatMap((value) => pattern.exec(value)?.[1]?.toUpperCase() ?? []))
  const [code] = matches
  if (matches.size !== 1 || !code) throw new Invalid('certificate-without-credit-code', `${matches.size} values fit the authority's rule`)
  const parsed = parseCreditCode(code)
  if (!parsed) throw new Invalid('credit-code', code)
  return parsed
}

/** The string in an extension: a DER string of one of the usual types, or bare UTF-8 as some CAs write. */
function extensionTexts(certificate: Certificate, oid: string): string[] {
  const extension = certificate.extensions.get(oid)
  if (!extension) return []
  let raw = extension.value
  try {
    for (let inner = readTlv(raw); inner.raw.length === raw.length; inner = readTlv(raw)) {
      if (readText(inner)) return [readText(inner)]
      if (inner.tag !== 0x04) break
      raw = inner.value
    }
  } catch {
    // Bare text.
  }
  return [new TextDecoder().decode(raw)]
}
