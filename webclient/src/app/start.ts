import { createApp } from 'vue'
import { keepTime } from '@/clock'
import { markDocument } from '@/i18n'
import { applyPreferences } from './preferences'
import { router } from './router'
import Shell from './Shell.vue'
import { hasChineseType } from './type'

export async function start(): Promise<void> {
  markDocument()
  applyPreferences()
  void keepTime()
  const app = createApp(Shell)
  app.use(router)
  await router.isReady().catch(() => undefined)
  app.mount('#app')
  // A bare machine: the browser fetches the pieces of this font that it needs.
  setTimeout(() => {
    if (!hasChineseType()) void import('@fontsource-variable/noto-sans-sc')
  }, 500)
}
