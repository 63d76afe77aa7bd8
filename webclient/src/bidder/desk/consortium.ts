/** 联合体: the agreement every member signs (docs/formats/session.md, kaibiao/consortium/v1). */
import { canon } from '@/crypto/canonical'
import type { Member } from './draft'

const text = (value: string): string => value.trim().normalize('NFC')

export const agreement = (tender: string, lot: string, members: readonly Member[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    canon({
      label: 'kaibiao/consortium/v1',
      tender,
      lot,
      members: members.map((one) => ({ name: text(one.name), creditCode: text(one.creditCode).toUpperCase(), work: text(one.work) })),
    }),
  )

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'

/** Whether a 统一社会信用代码 has its check character right (GB 32100). */
export function isCreditCode(value: string): boolean {
  const code = text(value).toUpperCase()
  if (!/^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$/.test(code)) return false
  let total = 0
  let weight = 1
  for (const character of code.slice(0, 17)) {
    total += ALPHABET.indexOf(character) * weight
    weight = (weight * 3) % 31
  }
  return ALPHABET[(31 - (total % 31)) % 31] === code[17]
}
