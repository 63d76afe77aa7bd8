/** Puts a refusal that was found in this browser (a code of the catalog, no words yet) into both languages. */
import { asProblem, Problem } from './problem'

interface Coded {
  code: string
  facts?: Record<string, unknown>
}

function coded(thrown: unknown): thrown is Coded {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
}

/** The problem behind anything thrown; the catalog's words are fetched only when they are needed. */
export async function explained(thrown: unknown): Promise<Problem> {
  if (thrown instanceof Problem || !coded(thrown)) return asProblem(thrown)
  const { default: messages } = await import('@/wire/messages.json')
  const found = (messages as Record<string, { zh: Problem['zh']; en: Problem['en'] }>)[thrown.code]
  return found ? new Problem(thrown.code, found.zh, found.en, 0, thrown.facts) : asProblem(thrown)
}
