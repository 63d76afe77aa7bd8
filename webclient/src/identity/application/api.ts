/** The demonstration authority's counter: applying, waiting, reviewing, revoking. */
import { get, post, raw } from '@/api/http'
import { Problem } from '@/api/problem'
import { b64 } from '@/crypto/canonical'
import type { Application, Revocation, Status } from '@/wire/api'
import type { ApplyRequest, Bodies, RevokeRequest } from '@/wire/bodies'

export type { Application, Revocation, Status } from '@/wire/api'

const anonymous = { anonymous: true } as const

export type Replacement = Required<Pick<ApplyRequest, 'replaces' | 'reason'>>

export function apply(csr: Uint8Array, replacement: Replacement | null): Promise<Application> {
  const body: Bodies['POST /ca/applications'] = { csr: b64(csr), usage: 'single', ...replacement }
  return post<Application>('/ca/applications', body, anonymous)
}

export const follow = (id: string): Promise<Application> => get<Application>(`/ca/applications/${id}`, anonymous)

/** Whether this installation runs a demonstration authority at all. */
export async function hasCounter(): Promise<boolean> {
  try {
    await raw('/ca/chain.pem', anonymous)
    return true
  } catch (thrown) {
    if (thrown instanceof Problem && thrown.code === 'ca-not-here') return false
    throw thrown
  }
}

export async function applications(status: Status): Promise<Application[]> {
  return (await get<{ applications: Application[] }>(`/ca/applications?status=${status}`)).applications
}

export function review(id: string, approve: boolean, reason: string): Promise<Application> {
  return post<Application>(`/ca/applications/${id}/review`, { approve, reason } satisfies Bodies['POST /ca/applications/{application}/review'])
}

export const revoke = (asked: Bodies['POST /ca/revocations']): Promise<Revocation> => post<Revocation>('/ca/revocations', asked)

/** The reasons one may choose (RFC 5280 5.3.1). */
export const REASONS = ['keyCompromise', 'superseded', 'affiliationChanged', 'cessationOfOperation', 'unspecified'] as const satisfies RevokeRequest['reason'][]
