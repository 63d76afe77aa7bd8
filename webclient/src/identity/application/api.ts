/** The demonstration authority's counter: applying, waiting, reviewing, revoking. */
import { get, post, raw } from '@/api/http'
import { Problem } from '@/api/problem'
import { b64 } from '@/crypto/canonical'
import type { Application, Revocation, Status } from '@/wire/api'

export type { Application, Revocation, Status } from '@/wire/api'

const anonymous = { anonymous: true } as const

export interface Replacement {
  replaces: string
  reason: string
}

export function apply(csr: Uint8Array, replacement: Replacement | null): Promise<Application> {
  return post<Application>('/ca/applications', { csr: b64(csr), usage: 'single', ...replacement }, anonymous)
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
  return post<Application>(`/ca/applications/${id}/review`, { approve, reason })
}

export interface RevocationRequest {
  serial: string
  reason: string
  note?: string
  invalidSince?: string
  cms?: string
}

export const revoke = (asked: RevocationRequest): Promise<Revocation> => post<Revocation>('/ca/revocations', asked)

/** The reasons one may choose (RFC 5280 5.3.1). */
export const REASONS = ['keyCompromise', 'superseded', 'affiliationChanged', 'cessationOfOperation', 'unspecified'] as const
