/** Languages: Chinese first, English second, both complete. Each area brings its own words. */
import { computed, ref, type WritableComputedRef } from 'vue'

export type Lang = 'zh' | 'en'
export interface Both<T = string> {
  zh: T
  en: T
}

const KEY = 'kb-lang'

function firstLanguage(): Lang {
  const asked = new URLSearchParams(globalThis.location?.search ?? '').get('lang')
  const kept = globalThis.localStorage?.getItem(KEY)
  for (const wish of [asked, kept]) if (wish === 'zh' || wish === 'en') return wish
  const browser = globalThis.navigator?.language ?? 'zh'
  return browser.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

const current = ref<Lang>(firstLanguage())
const areas = new Map<string, Both<Record<string, string>>>()

/** The language in use; setting it remembers the choice. */
export const lang: WritableComputedRef<Lang> = computed({
  get: () => current.value,
  set: (value) => {
    current.value = value
    globalThis.localStorage?.setItem(KEY, value)
    markDocument()
  },
})

export function markDocument(): void {
  document.documentElement.lang = lang.value === 'zh' ? 'zh-CN' : 'en'
}

/** The text of the language in use. */
export function pick<T>(both: Both<T>): T {
  return both[lang.value]
}

export type Params = Record<string, string | number>

/**
 * Register an area's words and get its translator. Both languages must have the same keys: the compiler checks it.
 * `{name}` stands for a parameter; what has no parameter of that name stays as it is.
 */
export function words<K extends string>(area: string, zh: Record<K, string>, en: Record<NoInfer<K>, string>) {
  areas.set(area, { zh, en })
  return (key: K, params?: Params): string => {
    const text = current.value === 'zh' ? zh[key] : en[key]
    if (text === undefined) return `${area}.${key}`
    return params ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole)) : text
  }
}

/** Whether an area has a word of that name: for words chosen by a code that the server may add to. */
export function hasWord(area: string, key: string): boolean {
  return areas.get(area)?.zh[key] !== undefined
}

export * from './format'
