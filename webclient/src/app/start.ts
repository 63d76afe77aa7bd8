import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { keepTime } from '@/clock'
import { i18n, markDocument } from '@/i18n'
import { applyPreferences } from './preferences'
import { router } from './router'
import Shell from './Shell.vue'

export async function start(): Promise<void> {
  markDocument()
  applyPreferences()
  void keepTime()
  const app = createApp(Shell)
  app.use(createPinia()).use(i18n).use(router)
  await router.isReady().catch(() => undefined)
  app.mount('#app')
  // Fetched by the browser only for letters that no font of the computer has.
  setTimeout(() => void import('@fontsource-variable/noto-sans-sc'), 1500)
}
