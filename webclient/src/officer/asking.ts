/** The one question for an opening key that waits for an answer; `OpeningKeyDialog` shows it. */
import { shallowRef } from 'vue'
import { cancelled } from './problems'
import type { LoadedKey } from './keys'

export interface Question {
  lot: string
  seat: string
  answer: (key: LoadedKey) => void
  cancel: () => void
}

export const question = shallowRef<Question | null>(null)

export function ask(lot: string, seat: string): Promise<LoadedKey> {
  question.value?.cancel()
  return new Promise((resolve, reject) => {
    const done = (): void => {
      question.value = null
    }
    question.value = {
      lot,
      seat,
      answer: (key) => {
        done()
        resolve(key)
      },
      cancel: () => {
        done()
        reject(cancelled())
      },
    }
  })
}
