/** People, roles and sessions as the platform tells them. */
import type { Role, SessionBody } from '@/wire/api'

export type { Role, SessionBody } from '@/wire/api'

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
