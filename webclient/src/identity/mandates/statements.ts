/** Mandates (授权委托): canonical statements under the grantor's signature. See docs/formats/session.md. */
import { get, post } from '@/api/http'
import { parseCanonical, unb64 } from '@/crypto/canonical'
import type { Bodies } from '@/wire/bodies'
import { newId, personId } from '../ids'
import { signStatement } from '../session'

export const ROLES = ['bidder', 'agency', 'tenderer', 'supervisor', 'witness', 'expert'] as const
export type MandateRole = (typeof ROLES)[number]

export interface Draft {
  creditCode: string
  name: string
  role: MandateRole
  lots: string[]
  /** Calendar days in Beijing, both included. */
  from: string
  to: string
}

export interface Mandate {
  id: string
  grantor: string
  name: string
  role: string
  lots: string[]
  validFrom: string
  validTo: string
  revokedAt: string | null
}

interface Row {
  mandate: string
  grantor: string
  role: string
  validFrom: string
  validTo: string
  statement: string
  revokedAt: string | null
}

const DAY = 86_400_000
const LIMIT = 16_384
const midnight = (day: string): number => Date.parse(`${day}T00:00:00+08:00`)

/** The signed mandate, as it is registered or sealed into a bid. */
export async function signMandate(grantor: string, draft: Draft): Promise<{ statement: string; cms: string }> {
  return signStatement({
    label: 'kaibiao/mandate/v1',
    mandate: newId('m'),
    grantor,
    person: await personId(draft.creditCode, draft.name),
    name: draft.name.trim().normalize('NFC'),
    role: draft.role,
    lots: draft.lots,
    validFrom: new Date(midnight(draft.from)).toISOString(),
    validTo: new Date(midnight(draft.to) + DAY).toISOString(),
  })
}

/** Registering a mandate to bid for a lot would tell who bids; the platform refuses it. */
export const tellsWhoBids = (draft: Pick<Draft, 'role' | 'lots'>): boolean => draft.role === 'bidder' && draft.lots.length > 0

export const register = (signed: Bodies['POST /people/mandates']): Promise<{ mandate: string }> =>
  post('/people/mandates', signed)

export async function revokeMandate(id: string): Promise<void> {
  const { cms } = await signStatement({ label: 'kaibiao/mandate-revoked/v1', mandate: id })
  await post(`/people/mandates/${id}/revoke`, { cms } satisfies Bodies['POST /people/mandates/{mandate}/revoke'])
}

export async function mandates(): Promise<Mandate[]> {
  const { mandates: rows } = await get<{ mandates: Row[] }>('/people/mandates')
  return rows.map((row) => ({ ...row, id: row.mandate, ...said(row.statement) }))
}

function said(statement: string): { name: string; lots: string[] } {
  const { name, lots } = parseCanonical(unb64(statement), LIMIT) as { name: string; lots: string[] }
  return { name, lots }
}
