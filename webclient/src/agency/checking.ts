/** Where a check before publication stands, as its checker sees it. */
import { now } from '@/clock'
import type { Mark } from './names'
import type { Check, Party } from './types'

export interface CheckLine {
  tender: string
  title: string
  regime: string
  type: string
  region: string
  agency: Party
  tenderer: Party
  check: Check
}

export function checkState(check: Check): { mark: Mark; word: 'passed' | 'lapsed' | 'waitingAgency' | 'waiting' } {
  if (check.passed) return { mark: 'good', word: 'passed' }
  if (check.answered) return { mark: 'neutral', word: 'waitingAgency' }
  return Date.parse(check.dueAt) <= now() ? { mark: 'good', word: 'lapsed' } : { mark: 'warn', word: 'waiting' }
}
