/** How money, times and sizes are written. Times are shown in Beijing time (UTC+8), whatever the computer's zone. */
import { lang } from '.'

const ZONE = 'Asia/Shanghai'
const locale = (): string => (lang.value === 'zh' ? 'zh-CN' : 'en-GB')

type Instant = string | number | Date
const date = (at: Instant): Date => (at instanceof Date ? at : new Date(at))

/** Beijing is at UTC+8 the whole year since 1992: adding them is a hundred times cheaper than a locale's formatter. */
function beijing(at: Instant): string {
  return new Date(date(at).getTime() + 8 * 3_600_000).toISOString()
}

/** Date and time to the second: 2026-11-22 16:00:00. */
export function when(at: Instant): string {
  return `${day(at)} ${clock(at)}`
}
/** The calendar day, ISO order in both languages: 2026-11-22. */
export function day(at: Instant): string {
  return beijing(at).slice(0, 10)
}
/** Time of day to the second. */
export function clock(at: Instant): string {
  return beijing(at).slice(11, 19)
}
/** Day with weekday, for appointments. */
export function dayLong(at: Instant): string {
  return new Intl.DateTimeFormat(locale(), { timeZone: ZONE, year: 'numeric', month: 'long', day: 'numeric', weekday: 'long' }).format(date(at))
}

export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB']
  let size = n
  let unit = 0
  while (size >= 1024 && unit < 3) {
    size /= 1024
    unit += 1
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`
}

export function count(n: number): string {
  return new Intl.NumberFormat(locale()).format(n)
}

/** A duration in seconds as 1:02:03 or 02:03. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds))
  const two = (n: number): string => String(n).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const rest = `${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`
  return hours ? `${hours}:${rest}` : rest
}

/** An amount in yuan given as a decimal string ("39000000.00") with thousands separators; the value is never rounded. */
export function money(amount: string): string {
  const found = /^(-?)(\d+)(\.\d+)?$/.exec(amount)
  if (!found) return amount
  return `${found[1]}${found[2]!.replace(/\B(?=(\d{3})+$)/g, ',')}${found[3] ?? ''}`
}

const DIGITS = '零壹贰叁肆伍陆柒捌玖'
const SMALL = ['', '拾', '佰', '仟']
const LARGE = ['', '万', '亿', '万亿']

/** 大写: the amount in capital numerals as 支付结算办法 writes them. The amount is a decimal string in yuan, at most two decimals. */
export function capital(amount: string): string {
  const found = /^(\d{1,16})(?:\.(\d{1,2}))?$/.exec(amount)
  if (!found) return ''
  const whole = found[1]!.replace(/^0+(?=\d)/, '')
  const cents = (found[2] ?? '').padEnd(2, '0')
  const yuan = whole === '0' ? '' : `${capitalWhole(whole)}元`
  const [jiao, fen] = [Number(cents[0]), Number(cents[1])]
  if (!jiao && !fen) return yuan ? `${yuan}整` : '零元整'
  const tail = (jiao ? `${DIGITS[jiao]}角` : yuan ? '零' : '') + (fen ? `${DIGITS[fen]}分` : '')
  return yuan + tail + (fen ? '' : '整')
}

function capitalWhole(whole: string): string {
  let text = ''
  let zero = false
  for (let group = Math.ceil(whole.length / 4) - 1; group >= 0; group -= 1) {
    const four = whole.slice(Math.max(0, whole.length - (group + 1) * 4), whole.length - group * 4).padStart(4, '0')
    if (four === '0000') {
      zero = text !== ''
      continue
    }
    for (let place = 0; place < 4; place += 1) {
      const digit = Number(four[place])
      if (digit === 0) {
        zero = text !== ''
        continue
      }
      text += (zero ? '零' : '') + DIGITS[digit] + SMALL[3 - place]
      zero = false
    }
    text += LARGE[group]
  }
  return text
}
