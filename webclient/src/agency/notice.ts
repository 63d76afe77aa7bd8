/** The notice as it is signed (docs/formats/tender.md): what is shown is read from the very bytes. */
import { get } from '@/api/http'
import { problem, type Problem } from '@/api/problem'
import { parseCanonical, sha256hex, unb64 } from '@/crypto/canonical'
import { parseKeyset, verifyKeyset } from '@/crypto/keyset'
import type { FieldDef, Party } from './types'

const MAX_NOTICE = 8 << 20

export interface NoticeLot {
  lot: string
  number: number
  title: string
  opensAt: string
  supplyUntil: string
  keyset: string
  k: number
  officers: { seat: string; index: number; name: string; organisation: string; creditCode: string }[]
  seats: { role: string; name: string; organisation: string; creditCode: string }[]
  parts: string[]
  form: FieldDef[]
  ceiling: string
  deposit: string
  evaluation: string
  invited: number
  rules: Record<string, unknown>
  documents: { name: string; size: string; sha256: string; lot: string }[]
}
export interface Notice {
  label: string
  number: number
  tender: string
  title: string
  code: string
  regime: string
  type: string
  region: string
  mode: string
  mark: string
  tenderer: Party
  agency: Party
  citations: Record<string, string>
  lots: NoticeLot[]
}
export interface Proposal {
  bytes: Uint8Array<ArrayBuffer>
  notice: Notice
  sha256: string
}

export const foreignNotice = (): Problem =>
  problem(
    'notice-foreign',
    { what: '平台给出的公告不是本项目的，或与您看到的不一致。', meaning: '没有签名，没有发布。', do: '请不要签名，刷新页面；再次出现请通知平台运维和监督部门。' },
    { what: 'The platform proposed the notice of another tender, or another than asked for.', meaning: 'Nothing was signed or published.', do: 'Do not sign. Reload; if it happens again tell the platform’s support and the supervisor.' },
  )

/** What the platform proposes to sign, read from its bytes. */
export async function propose(tender: string): Promise<Proposal> {
  const answer = await get<{ notice: string }>(`/tenders/${tender}/notice`)
  const bytes = unb64(answer.notice)
  const notice = parseCanonical(bytes, MAX_NOTICE) as unknown as Notice
  if (notice.label !== 'kaibiao/notice/v1' || notice.tender !== tender) throw foreignNotice()
  return { bytes, notice, sha256: sha256hex(bytes) }
}

/** Whether a lot's keyset in the notice names exactly its officers and each signed its own key. */
export async function checkKeyset(tender: string, lot: NoticeLot): Promise<number> {
  const keyset = parseKeyset(unb64(lot.keyset))
  const named = lot.officers.map((officer) => officer.seat).join()
  if (keyset.tender !== tender || keyset.lot !== lot.lot || keyset.k !== lot.k || keyset.officers.map((officer) => officer.seat).join() !== named) throw foreignNotice()
  return (await verifyKeyset(keyset)).length
}
