/** 统一社会信用代码 (GB 32100-2015): the same rules as the platform's `crypto/credit_code.py`. */

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY' // no I, O, Z, S, V
const SHAPE = /^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$/

/** The 18th character: weights 3^i mod 31. */
export function checkCharacter(first17: string): string {
  let total = 0
  let weight = 1
  for (const character of first17) {
    total += ALPHABET.indexOf(character) * weight
    weight = (weight * 3) % 31
  }
  return ALPHABET.charAt((31 - (total % 31)) % 31)
}

export type CodeFault = 'length' | 'letters' | 'shape' | 'check'

/** Upper case and without spaces, as it is written in certificates. */
export const normal = (text: string): string => text.replace(/\s+/g, '').toUpperCase()

/** What is wrong with a code, or null. */
export function codeFault(text: string): CodeFault | null {
  const code = normal(text)
  if (code.length !== 18) return 'length'
  if ([...code].some((character) => !ALPHABET.includes(character))) return 'letters'
  if (!SHAPE.test(code)) return 'shape'
  return checkCharacter(code.slice(0, 17)) === code[17] ? null : 'check'
}

/** The normal form of a valid code, else null. */
export function parseCreditCode(text: string): string | null {
  return codeFault(text) === null ? normal(text) : null
}
