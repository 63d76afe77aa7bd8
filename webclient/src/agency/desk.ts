/** One tender on the agency's desk: its facts, its lots' terms, what stands against publishing, what was asked. */
import { computed, inject, provide, shallowRef, type ComputedRef, type InjectionKey, type ShallowRef } from 'vue'
import * as api from './api'
import type { Conditions, DraftLot, Question, TenderFacts } from './types'

export interface Desk {
  id: string
  tender: ShallowRef<TenderFacts | undefined>
  lots: ShallowRef<DraftLot[]>
  conditions: ShallowRef<Conditions | undefined>
  questions: ShallowRef<Question[]>
  failed: ShallowRef<unknown>
  /** Whether a lot waits for its first publication. */
  drafting: ComputedRef<boolean>
  published: ComputedRef<boolean>
  lot: (id: string) => DraftLot | undefined
  reload: () => Promise<void>
}

const KEY: InjectionKey<Desk> = Symbol('tender')
export const RECEIVING = new Set(['published', 'clarified', 'extended'])
export const FINISHED = new Set(['awarded', 'failed', 'terminated'])

export function openDesk(id: string): Desk {
  const tender = shallowRef<TenderFacts>()
  const lots = shallowRef<DraftLot[]>([])
  const conditions = shallowRef<Conditions>()
  const questions = shallowRef<Question[]>([])
  const failed = shallowRef<unknown>(null)

  async function reload(): Promise<void> {
    failed.value = null
    try {
      const facts = await api.tender(id)
      const drafts = facts.lots.some((one) => one.state === 'draft') || !facts.publishedAt
      const [found, stands, asked] = await Promise.all([
        Promise.all(facts.lots.map((one) => api.lot(id, one.lot))),
        drafts ? api.conditions(id) : Promise.resolve(undefined),
        facts.publishedAt ? api.questions(id) : Promise.resolve([]),
      ])
      lots.value = found
      conditions.value = stands
      questions.value = asked
      tender.value = facts
    } catch (thrown) {
      failed.value = thrown
    }
  }
  const desk: Desk = {
    id,
    tender,
    lots,
    conditions,
    questions,
    failed,
    drafting: computed(() => !tender.value?.publishedAt || tender.value.lots.some((one) => one.state === 'draft')),
    published: computed(() => Boolean(tender.value?.publishedAt)),
    lot: (wanted) => lots.value.find((one) => one.lot === wanted),
    reload,
  }
  provide(KEY, desk)
  return desk
}

export function useDesk(): Desk {
  const found = inject(KEY)
  if (!found) throw new Error('outside a tender')
  return found
}
