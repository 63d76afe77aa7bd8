/** What a text must look like before it is worth sending; the platform decides. */

const SYMBOLS = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]

/** 统一社会信用代码 with its check character (GB 32100). */
export function isCreditCode(text: string): boolean {
  if (!/^[0-9A-HJ-NPQRTUWXY]{18}$/.test(text)) return false
  const sum = WEIGHTS.reduce((all, weight, i) => all + weight * SYMBOLS.indexOf(text[i]!), 0)
  return SYMBOLS[(31 - (sum % 31)) % 31] === text[17]
}

/** What people type for an amount becomes its one spelling; empty stays empty. */
export function tidyMoney(text: string): string {
  const plain = text.normalize('NFKC').replace(/[\s,，_¥￥元]/gu, '')
  const ten = /^(\d+(?:\.\d+)?)万$/.exec(plain)
  if (!ten) return plain
  const [whole, rest = ''] = ten[1]!.split('.')
  const digits = `${whole}${rest.padEnd(4, '0').slice(0, 4)}`.replace(/^0+(?=\d)/, '')
  return rest.length > 4 ? `${digits}.${rest.slice(4)}` : digits
}
export const isMoney = (text: string): boolean => /^\d{1,13}(\.\d{1,2})?$/.test(text)
export const tidyCode = (text: string): string => text.normalize('NFKC').replace(/\s/g, '').toUpperCase()
