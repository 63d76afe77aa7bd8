/** The public package of a lot (标段), as `GET /lots/{lot}` gives it: the same for everybody, fetched without a session. */
import { ask } from '../anonymous'

export type FieldKind = 'money' | 'ratio' | 'text' | 'integer' | 'date' | 'choice'

/** One field of the opening form (开标一览表). */
export interface FormField {
  name: string
  zh: string
  en: string
  kind: FieldKind
  required: boolean
  unit: string
  choices: string[]
  part: string
}

export interface LotDocument {
  name: string
  size: string
  sha256: string
  lot: string | null
  url: string
}

export interface ListedOfficer {
  seat: string
  index: number
  name: string
  organisation: string
  creditCode: string
  registered: boolean
  holder?: { name: string; organisation: string; creditCode: string; certificate: string }
}

export interface LotPackage {
  tender: string
  lot: string
  number: number
  round: number
  title: string
  tenderTitle: string
  regime: string
  type: string
  region: string
  rehearsal: boolean
  state: string
  deadline: string
  keyset: string
  keysetHash: string
  officers: ListedOfficer[]
  k: number
  revision: number
  docsHash: string
  accepted: string[]
  notice: string
  noticeCms: string
  notices: { number: number; kind: string; sha256: string }[]
  form: FormField[]
  formSha256: string
  parts: string[]
  documents: LotDocument[]
  rules: Record<string, string | number | boolean>
  ceiling: string
  deposit: string
  tenderer: { name: string; creditCode: string }
  agency: { name: string; creditCode: string }
  now: string
}

export interface SignedNotice {
  number: number
  kind: string
  notice: string
  cms: string
  signer: string
  sha256: string
  at: string
}

export const fetchLot = (lot: string): Promise<LotPackage> => ask<LotPackage>(`/lots/${encodeURIComponent(lot)}`)

export const fetchNotices = async (tender: string): Promise<SignedNotice[]> =>
  (await ask<{ notices: SignedNotice[] }>(`/tenders/${encodeURIComponent(tender)}/notices`)).notices

export const fieldsOf = (lot: LotPackage, part: string): FormField[] => lot.form.filter((field) => (field.part || 'main') === part)
