/** How many messages wait unread; asked softly, so that an unattended page does not keep its session alive. */
import { readonly, ref, type Ref } from 'vue'
import { slot } from '@/app/place'
import { callAs } from '@/identity/calls'
import { loadSession, refreshSession, useSession } from '@/identity/session'

const EVERY = 60_000
/** Without a key, a click or a touch for this long nobody is there. */
const ATTENDED = 10 * 60_000

const unread = ref(0)
let started = false
let lastAct = 0

export function useUnread(): Readonly<Ref<number>> {
  if (!started && slot) {
    started = true
    begin()
  }
  return readonly(unread)
}

function begin(): void {
  const acted = (): void => {
    lastAct = performance.now()
  }
  acted()
  for (const event of ['pointerdown', 'keydown']) addEventListener(event, acted, { passive: true })
  document.addEventListener('visibilitychange', () => void look())
  setInterval(() => void look(), EVERY)
  void loadSession().then(look, () => undefined)
}

async function look(): Promise<void> {
  if (document.visibilityState === 'hidden' || performance.now() - lastAct > ATTENDED) return
  if (useSession().value) await askUnread()
}

/** Ask now, after something was read. */
export async function askUnread(): Promise<void> {
  try {
    unread.value = (await callAs<{ unread: number }>(slot, 'GET', '/inbox/unread')).unread
    await refreshSession()
  } catch {
    // The next page that calls the server says what is wrong; a badge does not.
  }
}
