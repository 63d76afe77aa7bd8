import { createApp } from 'vue'
import { keepTime } from '@/clock'
import { markDocument } from '@/i18n'
import { applyPreferences } from './preferences'
import { router } from './router'
import Shell from './Shell.vue'
import { hasChineseType } from './type'

/** Put the page up; gives what takes it away again. */
export async function start(): Promise<() => void> {
  markDocument()
  applyPreferences()
  const app = createApp(Shell)
  app.use(router)
  await router.isReady().catch(() => undefined)
  app.mount('#app')
  void keepTime()
  // A bare machine: the browser fetches the pieces of this font that it needs.
  setTimeout(() => {
    if (!hasChineseType()) void import('@fontsource-variable/noto-sans-sc')
  }, 500)
  return () => app.unmount()
}
