/** The public package of a lot (标段), as `GET /lots/{lot}` gives it: the same for everybody, fetched without a session. */
import { ask } from '../anonymous'
import type { FormField, LotPackage, SignedNotice } from '@/wire/api'

export type { FieldKind, FormField, LotDocument, LotPackage, Officer as ListedOfficer, SignedNotice } from '@/wire/api'

export const fetchLot = (lot: string): Promise<LotPackage> => ask<LotPackage>(`/lots/${encodeURIComponent(lot)}`)

export const fetchNotices = async (tender: string): Promise<SignedNotice[]> =>
  (await ask<{ notices: SignedNotice[] }>(`/tenders/${encodeURIComponent(tender)}/notices`)).notices

export const fieldsOf = (lot: LotPackage, part: string): FormField[] => lot.form.filter((field) => (field.part || 'main') === part)
