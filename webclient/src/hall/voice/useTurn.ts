/** 轮到您了: the page's title, a chime and a notification of the system, when something becomes this person's to do. */
import { computed, type ComputedRef, onScopeDispose, ref, watch } from 'vue'
import { attention } from '@/app/title'
import { now } from '@/clock'
import { duties } from '../acts/duty'
import { t as actWord } from '../acts/words'
import type { HallStore } from '../store'
import { wishes } from './preferences'
import { audio, chime } from './sound'
import { t } from './words'

/** Taking one's seat may be done at leisure: it calls nobody back to the page. */
const QUIET = new Set(['sign-in', 'commit-draw'])

/** The duty that waits, in words; empty when nothing does. */
export function useTurn(hall: HallStore): ComputedRef<string> {
  if (wishes.chime) void audio()
  const time = ref(now())
  const timer = setInterval(() => (time.value = now()), 5_000)
  const due = computed(() => {
    if (hall.state.value !== 'live') return null
    return duties(hall.view.value, hall.mine.value, time.value).now.find((duty) => !QUIET.has(duty.key)) ?? null
  })
  const label = computed(() => (due.value ? actWord(due.value.key) : ''))
  const key = computed(() => (due.value ? `${due.value.seat} ${due.value.key} ${hall.view.value.stage ?? 0}` : ''))

  watch(label, (text) => (attention.value = text ? t('announce', { duty: text }) : ''), { immediate: true })
  watch(key, (wanted) => {
    if (!wanted) return
    if (wishes.chime) void chime()
    if (wishes.notify) notify(label.value, hall.view.value.hall?.lotTitle ?? '')
  })
  onScopeDispose(() => {
    clearInterval(timer)
    attention.value = ''
  })
  return label
}

function notify(duty: string, title: string): void {
  if (document.visibilityState === 'visible' || typeof Notification !== 'function' || Notification.permission !== 'granted') return
  try {
    const told = new Notification(t('yourTurn'), { body: t('turnBody', { duty, title }), icon: '/icon.png', tag: 'kaibiao-turn' })
    told.onclick = () => {
      window.focus()
      told.close()
    }
  } catch {
    // Chrome on Android has notifications of service workers only: title and chime remain.
  }
}
