/** Punctuation between texts that come from different places: full width in Chinese, half width in English. */
import { lang } from './index'

const zh = (): boolean => lang.value === 'zh'

/** What stands between a label and its value. */
export const colon = (): string => (zh() ? '：' : ': ')
/** What stands between two clauses. */
export const comma = (): string => (zh() ? '，' : ', ')
/** What stands between the items of a list. */
export const listMark = (): string => (zh() ? '、' : ', ')
/** An aside after a text. */
export const aside = (text: string): string => (zh() ? `（${text}）` : ` (${text})`)
