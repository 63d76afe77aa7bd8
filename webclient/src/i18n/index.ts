/** Languages: Chinese first, English second, both complete. Each area brings its own words. */
import { computed, type WritableComputedRef } from 'vue'
import { createI18n } from 'vue-i18n'

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

export const i18n = createI18n({
  legacy: false,
  locale: firstLanguage(),
  fallbackLocale: 'zh',
  messages: { zh: {}, en: {} } as Record<Lang, Record<string, Record<string, string>>>,
})

/** The language in use; setting it remembers the choice. */
export const lang: WritableComputedRef<Lang> = computed({
  get: () => i18n.global.locale.value as Lang,
  set: (value) => {
    i18n.global.locale.value = value
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
 * `{name}` stands for a parameter. A literal `@`, `{`, `}` or `|` is written `{'@'}`.
 */
export function words<K extends string>(area: string, zh: Record<K, string>, en: Record<NoInfer<K>, string>) {
  i18n.global.mergeLocaleMessage('zh', { [area]: zh })
  i18n.global.mergeLocaleMessage('en', { [area]: en })
  return (key: K, params?: Params): string => i18n.global.t(`${area}.${key}`, params ?? {})
}

export * from './format'
