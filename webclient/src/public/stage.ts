/** Where a lot stands, in the words and colours of the whole site. */
import { now } from '@/clock'
import type { LotState, Stage } from './api'

export type Tone = 'neutral' | 'info' | 'good' | 'warn' | 'bad'
export const TONES: Record<Stage, Tone> = { receiving: 'info', opening: 'warn', opened: 'good', awarded: 'good', ended: 'neutral' }

const RECEIVING: readonly LotState[] = ['published', 'clarified', 'extended']

/** As the server's list says it; computed anew as the deadline passes while somebody looks. */
export function stageOf(state: LotState, deadline: string): Stage {
  if (RECEIVING.includes(state)) return Date.parse(deadline) > now() ? 'receiving' : 'opening'
  if (state === 'closed') return 'opening'
  if (state === 'opened' || state === 'awarded') return state
  return 'ended'
}
