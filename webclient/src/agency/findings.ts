/** What stands against publishing, in words, and where each is mended. Rules bring their own words and citation. */
import { money, pick, when, type Both } from '@/i18n'
import { listMark } from '@/i18n/marks'
import { seatName } from './names'
import type { Citation, Finding } from './types'

interface Words {
  what: (facts: Record<string, unknown>) => Both
  /** The section of the tender's pages where it is mended; `lot` sections get the lot's id. */
  at: (lot: string) => string
}
const text = (value: unknown): string => String(value ?? '')
const list = (value: unknown, name: (one: string) => string = (one) => one): string => (Array.isArray(value) ? value.map((one) => name(String(one))).join(listMark()) : '')
const terms = (lot: string): string => `lots/${lot}`
const people = (lot: string): string => `lots/${lot}/officers`
const fixed = (zh: string, en: string) => (): Both => ({ zh, en })
const fen = (value: unknown): string => money((Number(value) / 100).toFixed(2))
const WINDOWS: Record<string, Both> = {
  phase_a_seconds: { zh: '投标人解密', en: 'bidders’ decryption' },
  confirmation_seconds: { zh: '报价确认', en: 'confirmation' },
  objection_seconds: { zh: '当场异议', en: 'objections' },
}
const window_ = (name: unknown): Both => WINDOWS[text(name)] ?? { zh: text(name), en: text(name) }

const WORDS: Record<string, Words> = {
  'no-lots': { what: fixed('还没有标段', 'There is no lot yet'), at: () => 'lots/new' },
  'keyset-incomplete': {
    what: (f) => ({ zh: `开标密钥未登记：${list(f.seats, seatName)}`, en: `Opening keys not registered: ${list(f.seats, seatName)}` }),
    at: people,
  },
  'quorum-impossible': { what: (f) => ({ zh: `${text(f.n)} 名持有人凑不齐 ${text(f.k)} 人`, en: `${text(f.k)} of ${text(f.n)} holders is impossible` }), at: people },
  'quorum-too-small': { what: (f) => ({ zh: `共同开启只需 ${text(f.k)} 人，太少`, en: `${text(f.k)} holder(s) could open alone` }), at: people },
  'no-officer-to-spare': {
    what: (f) => ({ zh: `${text(f.n)} 名持有人缺一不可：有人缺席，开标就停下`, en: `None of the ${text(f.n)} holders can be spared: one absence stops the opening` }),
    at: people,
  },
  'officer-certificate-expires': {
    what: (f) => ({ zh: `${seatName(text(f.seat))}的证书 ${when(text(f.notAfter))} 到期，早于开标`, en: `${seatName(text(f.seat))}: certificate ends ${when(text(f.notAfter))}, before the opening` }),
    at: people,
  },
  'certificate-ends-before-opening': {
    what: (f) => ({ zh: `${text(f.name)}的证书 ${when(text(f.notAfter))} 到期，早于开标`, en: `${text(f.name)}: certificate ends ${when(text(f.notAfter))}, before the opening` }),
    at: people,
  },
  'host-missing': { what: fixed('没有指定主持人', 'No host is named'), at: people },
  'deadline-in-the-past': { what: fixed('投标截止（开标）时间已过', 'The deadline lies in the past'), at: terms },
  'period-too-short': {
    what: (f) => ({ zh: `投标截止太早，最早为 ${when(text(f.earliest))}`, en: `The deadline is too early; the earliest is ${when(text(f.earliest))}` }),
    at: terms,
  },
  'supply-too-short': {
    what: (f) => ({ zh: `文件提供期太短，至少到 ${when(text(f.earliest))}`, en: `Documents must be supplied until ${when(text(f.earliest))} at least` }),
    at: terms,
  },
  'calendar-provisional': {
    what: (f) => ({ zh: `${text(f.year)} 年节假日安排尚未公布，日期为暂定`, en: `The holidays of ${text(f.year)} are not announced; dates are provisional` }),
    at: terms,
  },
  'window-missing': { what: (f) => ({ zh: `没有给${window_(f.window).zh}留时间`, en: `No time is left for ${window_(f.window).en}` }), at: terms },
  'window-too-short': {
    what: (f) => ({ zh: `${window_(f.window).zh}时限太短（${Number(f.seconds) / 60} 分钟）`, en: `The window for ${window_(f.window).en} is too short (${Number(f.seconds) / 60} min)` }),
    at: terms,
  },
  'no-witness': { what: fixed('截止名单没有外部见证签名', 'Nobody outside cosigns the list of bids at the deadline'), at: terms },
  'deposit-too-high': { what: (f) => ({ zh: `保证金超过上限 ${fen(f.cap)} 元`, en: `The deposit is above its cap of ${fen(f.cap)} yuan` }), at: terms },
  'estimate-missing': { what: fixed('有保证金但未填估算价，无法核对上限', 'There is a deposit but no estimate to check it against'), at: terms },
  'too-few-invited': { what: (f) => ({ zh: `只邀请了 ${text(f.invited)} 家`, en: `Only ${text(f.invited)} are invited` }), at: terms },
  'documents-missing': { what: fixed('没有招标文件', 'There are no tender documents'), at: () => 'documents' },
  'review-missing': { what: fixed('公平竞争审查尚未签署', 'The fair-competition review is not signed'), at: () => 'review' },
  'check-missing': { what: fixed('尚未申请发布前核验', 'The check before publication was not asked for'), at: () => 'review' },
  'check-pending': { what: (f) => ({ zh: `发布前核验进行中，${when(text(f.dueAt))} 前未告知即视为通过`, en: `The check is under way; silence until ${when(text(f.dueAt))} counts as passed` }), at: () => 'review' },
  'defects-open': { what: (f) => ({ zh: `核验问题未改正：${list(f.defects)}`, en: `Defects not mended: ${list(f.defects)}` }), at: () => 'review' },
}

export function findingText(finding: Finding): string {
  const known = WORDS[finding.code]
  return known ? pick(known.what(finding.facts)) : finding.code
}
export const findingAt = (finding: Finding): string => WORDS[finding.code]?.at(finding.lot ?? '') ?? ''

const MARKS: Record<string, Both> = {
  V: { zh: '已核对法律原文', en: 'read in the statute' },
  M: { zh: '凭记载，未核对原文', en: 'believed, not read' },
  S: { zh: '转引', en: 'second-hand' },
  L: { zh: '地方做法', en: 'local practice' },
  P: { zh: '平台协议', en: 'the platform’s protocol' },
}
export const markText = (mark: string): string => pick(MARKS[mark] ?? { zh: mark, en: mark })

const UNITS: Record<string, (n: string) => Both> = {
  days: (n) => ({ zh: `${n} 日`, en: `${n} days` }),
  'working-days': (n) => ({ zh: `${n} 个工作日`, en: `${n} working days` }),
  seconds: (n) => (Number(n) % 60 ? { zh: `${n} 秒`, en: `${n} s` } : { zh: `${Number(n) / 60} 分钟`, en: `${Number(n) / 60} min` }),
  count: (n) => ({ zh: n, en: n }),
  percent: (n) => ({ zh: `${n}%`, en: `${n}%` }),
  'basis-points': (n) => ({ zh: `${Number(n) / 100}%`, en: `${Number(n) / 100}%` }),
  fen: (n) => ({ zh: `${fen(n)} 元`, en: `${fen(n)} yuan` }),
  flag: (n) => (n === 'true' ? { zh: '是', en: 'yes' } : { zh: '否', en: 'no' }),
}
/** A rule's value with its unit, as people write it. */
export function valueText(citation: Pick<Citation, 'value' | 'unit'>): string {
  const unit = UNITS[citation.unit]
  return unit ? pick(unit(String(citation.value))) : String(citation.value)
}
