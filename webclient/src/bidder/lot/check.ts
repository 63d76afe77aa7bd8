/**
 * The public package of a lot, checked before anything is sealed to it: keyset, notice, officers and documents must
 * agree with what the agency or the tenderer signed (bidding/client/lot.py does the same). A platform that serves
 * opening keys or documents of its own gets nothing.
 */
import { sha256hex, unb64 } from '@/crypto/canonical'
import { verifyDetached, type SignedBy } from '@/crypto/cms'
import { Invalid } from '@/crypto/errors'
import { certificateFacts, type CertificateFacts } from '@/identity/signer/certificate'
import { documentsHash, parseKeyset, verifyKeyset, type Keyset } from '@/crypto/keyset'
import type { LotPackage, SignedNotice } from './package'

export interface CheckedOfficer {
  seat: string
  index: number
  certificate: CertificateFacts
  openingKey: string
  signed: SignedBy
}

export interface CheckedLot {
  raw: LotPackage
  keyset: Keyset
  keysetHash: string
  officers: CheckedOfficer[]
  noticeHash: string
  noticeSigner: CertificateFacts
  /** The notices that were read: the tender notice with the keys, and the newest one. */
  noticeSignatures: SignedBy[]
}

interface NoticeLot {
  lot?: string
  opensAt?: string
  keyset?: string
  k?: number
  officers?: { seat: string; index: number; creditCode: string }[]
}
interface Notice {
  tender: string
  lots: NoticeLot[] | Record<string, NoticeLot>
  agency?: { creditCode: string }
  tenderer?: { creditCode: string }
}

const read = (bytes: Uint8Array): Notice => JSON.parse(new TextDecoder().decode(bytes)) as Notice

/** Check a lot. Throws `Invalid`, whose code says what does not fit. */
export async function checkLot(raw: LotPackage, chain: readonly SignedNotice[]): Promise<CheckedLot> {
  const keyset = parseKeyset(unb64(raw.keyset))
  const keySigners = await verifyKeyset(keyset)
  if (keyset.tender !== raw.tender || keyset.lot !== raw.lot) throw new Invalid('keyset-foreign', 'the opening keys belong to another tender or lot')
  const bytes = unb64(raw.notice)
  const newest = await verifyDetached(unb64(raw.noticeCms), { data: bytes })
  compareNotice(read(bytes), raw)
  const first = await tenderNotice(raw, chain, keyset)
  await compareParties(first.notice, [first.signed, newest])
  const officers = await checkedOfficers(keyset, keySigners)
  compareOfficers(entryOf(first.notice, raw.lot) ?? {}, officers, keyset.k)
  const noticeHash = sha256hex(bytes)
  compareDocuments(raw, noticeHash)
  const noticeSigner = await certificateFacts(newest.certificate)
  return { raw, keyset, keysetHash: keyset.hash(), officers, noticeHash, noticeSigner, noticeSignatures: [first.signed, newest] }
}

/** What a notice says of a lot: a tender notice lists lots, a change notice names them. */
function entryOf(notice: Notice, lot: string): NoticeLot | null {
  if (Array.isArray(notice.lots)) return notice.lots.find((one) => one.lot === lot) ?? null
  return notice.lots?.[lot] ?? null
}

function compareNotice(notice: Notice, raw: LotPackage): void {
  if (notice.tender !== raw.tender) throw new Invalid('notice-differs', 'the notice is for another tender')
  if (entryOf(notice, raw.lot)?.opensAt !== raw.deadline) throw new Invalid('notice-differs', 'the notice does not give this lot this opening time')
}

/** The tender notice at the root of the lot's chain of changes, which must hold this very keyset. */
async function tenderNotice(raw: LotPackage, chain: readonly SignedNotice[], keyset: Keyset): Promise<{ notice: Notice; signed: SignedBy }> {
  const listed = new Map(raw.notices.map((one) => [one.number, one.sha256]))
  for (const item of chain) {
    const body = unb64(item.notice)
    if (listed.get(item.number) !== sha256hex(body)) continue
    const notice = read(body)
    const mine = entryOf(notice, raw.lot)
    if (mine?.keyset === undefined) continue
    const signed = await verifyDetached(unb64(item.cms), { data: body })
    if (sha256hex(unb64(mine.keyset)) === keyset.hash()) return { notice, signed }
  }
  throw new Invalid('notice-differs', 'no signed notice of the lot names these opening keys')
}

/** Notices are signed by the agency or the tenderer they name. */
async function compareParties(notice: Notice, signers: readonly SignedBy[]): Promise<void> {
  const parties = new Set([notice.agency?.creditCode, notice.tenderer?.creditCode])
  for (const signed of signers) {
    const code = (await certificateFacts(signed.certificate)).creditCode
    if (!code || !parties.has(code)) throw new Invalid('notice-signer', `signed by ${code ?? 'nobody known'}, not by a party of the tender`)
  }
}

async function checkedOfficers(keyset: Keyset, signed: readonly SignedBy[]): Promise<CheckedOfficer[]> {
  return Promise.all(
    keyset.officers.map(async (officer, at) => ({
      seat: officer.seat,
      index: officer.index,
      certificate: await certificateFacts(officer.certificate),
      openingKey: sha256hex(officer.openingKey),
      signed: signed[at]!,
    })),
  )
}

/** Each opening key belongs to the organisation the notice names for its seat. */
function compareOfficers(entry: NoticeLot, officers: readonly CheckedOfficer[], k: number): void {
  const line = (one: { seat: string; index: number }, code: string | null): string => `${one.seat} ${one.index} ${code ?? ''}`
  const named = (entry.officers ?? []).map((one) => line(one, one.creditCode)).sort()
  const held = officers.map((one) => line(one, one.certificate.creditCode)).sort()
  if (named.join('\n') !== held.join('\n')) throw new Invalid('officers-differ', 'the opening keys are not those of the officers in the notice')
  if (entry.k !== k) throw new Invalid('officers-differ', `the notice says ${entry.k} open together, the keys ${k}`)
}

function compareDocuments(raw: LotPackage, noticeHash: string): void {
  const files = raw.documents.map((one): [string, number, string] => [one.name, Number(one.size), one.sha256])
  const computed = documentsHash(raw.tender, raw.lot, raw.revision, noticeHash, raw.formSha256, files)
  if (computed !== raw.docsHash) throw new Invalid('documents-differ', 'the documents are not those of the signed notice')
}
