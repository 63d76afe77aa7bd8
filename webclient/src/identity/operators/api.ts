/** What operators (三员) do: roles, acts of two persons, the audit of both. */
import { del, get, post } from '@/api/http'
import { b64, parseCanonical, unb64 } from '@/crypto/canonical'
import { now } from '@/clock'
import { newId } from '../ids'
import { signer, signStatement } from '../session'
import type { AuditEvent, Grant, OperatorAct as Act } from '@/wire/api'
import type { Bodies } from '@/wire/bodies'

export type { AuditEvent, Grant, OperatorAct as Act } from '@/wire/api'

export const KINDS = ['suspend-hall', 'abort-hall', 'grant-operator'] as const
export type Kind = (typeof KINDS)[number]
export const SUSPEND = ['platform', 'certificate-authority', 'network', 'attack', 'on-the-spot', 'supervisor'] as const
export const ABORT = ['tampering', 'disclosure', 'data-loss', 'tender-terminated'] as const
export const APPOINTED = ['operator:system', 'operator:security', 'operator:audit'] as const
/** Roles that one security operator gives alone. */
export const GIVEN = ['agency', 'tenderer', 'supervisor', 'witness', 'expert'] as const

const VALID_FOR = 12 * 3600_000
const LIMIT = 16_384

export const grants = async (): Promise<Grant[]> => (await get<{ roles: Grant[] }>('/operators/roles')).roles
export const endGrant = (id: string): Promise<void> => del<void>(`/operators/roles/${id}`)
export const giveRole = (body: Bodies['POST /operators/roles']): Promise<{ id: string }> => post('/operators/roles', body)
export const endSessions = (person: string): Promise<{ ended: number }> => del(`/operators/people/${person}/sessions`)

export const acts = async (): Promise<Act[]> => (await get<{ acts: Act[] }>('/operators/acts')).acts

export async function askFor(kind: Kind, subject: string, detail: string, reason: string): Promise<void> {
  const expiresAt = new Date(now() + VALID_FOR).toISOString()
  const signed = await signStatement({
    label: 'kaibiao/operator-act/v1',
    act: newId('a'),
    kind,
    subject,
    detail,
    reason: reason.normalize('NFC'),
    expiresAt,
  })
  await post('/operators/acts', signed satisfies Bodies['POST /operators/acts'])
}

/** Sign the very statement the first operator signed, and have it carried out. */
export async function confirmAct(act: Act): Promise<void> {
  const own = await signer()
  const body: Bodies['POST /operators/acts/{act_id}/confirm'] = { cms: b64(await own.detachedCms(unb64(act.statement))) }
  await post(`/operators/acts/${act.id}/confirm`, body)
}

export interface Said {
  detail: string
  reason: string
  expiresAt: string
}

export const saidIn = (act: Act): Said => parseCanonical(unb64(act.statement), LIMIT) as unknown as Said

export async function audit(stream: string, since: number): Promise<AuditEvent[]> {
  return (await get<{ events: AuditEvent[] }>(`/operators/audit?stream=${stream}&since=${since}`)).events
}
