/** The hall's announcements as captions, and aloud for whoever wants it. */
import { computed, type ComputedRef, onScopeDispose, type Ref, ref, watch } from 'vue'
import { get } from '@/api/http'
import { useNames } from '../names'
import type { HallStore } from '../store'
import { type Announcement, announcements, isLine } from './announcements'
import { wishes } from './preferences'
import { audio } from './sound'
import { type Source, Speaker } from './speaker'
import { t } from './words'

export interface Voice {
  /** What was announced last; null before anything was. */
  latest: ComputedRef<Announcement | null>
  source: Readonly<Ref<Source>>
}

export function useVoice(hall: HallStore): Voice {
  const names = useNames(hall)
  const said = computed(() => announcements(hall.view.value, hall.rows.value, hall.part.value, names.value))
  const source = ref<Source>('none')
  const speaker = new Speaker(hall.lot, () => source.value)
  const known = new Set<string>()
  let asked = false
  let entered = false

  watch(
    said,
    (now) => {
      // What was said before this page came is read, not repeated aloud.
      const fresh = entered ? now.filter((one) => !known.has(one.what)) : []
      entered ||= hall.v.value !== null
      for (const one of now) known.add(one.what)
      for (const one of fresh) speaker.say(one)
    },
    { immediate: true },
  )
  watch(
    () => wishes.voice,
    async (wanted) => {
      speaker.on = wanted
      // Whoever left the voice on learns at once, not at the first announcement, that it needs a click.
      if (wanted) void audio()
      if (!wanted || asked) return
      asked = true
      source.value = await find(hall.lot)
    },
    { immediate: true },
  )
  onScopeDispose(() => (speaker.on = false))
  return { latest: computed(() => captioned(said.value)), source }
}

/** The newest announcement. The last line of the reading stays beside the turn that follows it in the same moment. */
function captioned(said: readonly Announcement[]): Announcement | null {
  const [before, last] = [said.at(-2), said.at(-1)]
  if (!last || !before || isLine(last) || !isLine(before)) return last ?? null
  const together = Date.parse(last.at) - Date.parse(before.at) < 1_000
  return together ? { ...last, text: `${before.text}${t('then')}${last.text}` } : last
}

async function find(lot: string): Promise<Source> {
  const found = await get<{ engine: string | null }>(`/halls/${lot}/speech`, { anonymous: true }).catch(() => null)
  if (found?.engine) return 'platform'
  return globalThis.speechSynthesis?.getVoices().length ? 'browser' : 'none'
}
