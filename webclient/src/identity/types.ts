/** People, roles and sessions as the platform tells them. */

export type Role =
  | 'bidder'
  | 'agency'
  | 'tenderer'
  | 'supervisor'
  | 'witness'
  | 'expert'
  | 'operator:system'
  | 'operator:security'
  | 'operator:audit'

/** What the server says about a session. */
export interface SessionBody {
  slot: string
  session: string
  person: { id: string; name: string }
  organisation: { id: string; name: string; creditCode: string }
  roles: Role[]
  certificate: { sha256: string; subject: string; notAfter: string }
  expiresAt: string
  absoluteExpiresAt: string
  warnings?: { code: string; notAfter?: string }[]
}

/** The session of this tab, with the names that are needed most. */
export interface Session extends SessionBody {
  /** The person's name. */
  name: string
  creditCode: string
}

/** One identity of this browser. */
export interface Identity {
  slot: string
  name: string
  organisation: string
  roles: readonly Role[]
  current: boolean
}

export const OPERATORS: readonly Role[] = ['operator:system', 'operator:security', 'operator:audit']
