/**
 * How hard a passphrase is to guess, as a lower bound in bits: repeated and running characters and common words count
 * for one. Good enough to refuse the weak; the key file's scrypt makes each guess cost a third of a second.
 */
const COMMON = ['password', 'passw0rd', 'kaibiao', 'toubiao', 'zhaobiao', 'qwerty', 'asdf', 'admin', 'welcome', 'iloveyou', 'woaini', 'abc123', '123456', '888888', '666666', '开标', '密码', '口令']
const POOLS: readonly [RegExp, number][] = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[0-9]/, 10],
  [/[\u0020-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007e]/, 33],
  // Of the thousands of characters people type few hundred.
  [/[^\u0000-\u007f]/u, 500],
]

export const ENOUGH = 50

export function bits(passphrase: string): number {
  let text = passphrase.normalize('NFC')
  const pool = POOLS.reduce((sum, [kind, size]) => sum + (kind.test(text) ? size : 0), 0)
  if (!pool) return 0
  for (const word of COMMON) text = text.replace(new RegExp(word, 'giu'), '\u0001')
  const symbols = [...text]
  const counted = symbols.filter((symbol, i) => {
    const step = i ? symbol.codePointAt(0)! - symbols[i - 1]!.codePointAt(0)! : 99
    return Math.abs(step) > 1
  })
  // One letter used again and again is not another letter.
  const varied = Math.min(counted.length, new Set(symbols).size * 2)
  return varied * Math.log2(pool)
}

const SYMBOLS = '23456789abcdefghjkmnpqrstuvwxyz'

/** A passphrase nobody has to think of: five groups of four, 99 bits. */
export function suggestPassphrase(random: (size: number) => Uint8Array = (size) => crypto.getRandomValues(new Uint8Array(size))): string {
  const chosen: string[] = []
  while (chosen.length < 20) {
    for (const byte of random(32)) {
      // 248 is the largest multiple of 31 in a byte: every symbol is equally likely.
      if (byte < 248 && chosen.length < 20) chosen.push(SYMBOLS[byte % 31]!)
    }
  }
  return chosen.join('').replace(/(.{4})(?=.)/g, '$1-')
}
