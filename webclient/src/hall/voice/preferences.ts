/** What this person wants to hear, kept in this browser. Everything is off until somebody turns it on. */
import { reactive, watch } from 'vue'

const KEY = 'kb-hall-sound'

export interface SoundWishes {
  voice: boolean
  chime: boolean
  notify: boolean
}

function read(): SoundWishes {
  const wishes: SoundWishes = { voice: false, chime: false, notify: false }
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<SoundWishes>
    for (const key of ['voice', 'chime', 'notify'] as const) wishes[key] = kept[key] === true
  } catch {
    // What cannot be read is as if nothing had been chosen.
  }
  return wishes
}

export const wishes = reactive(read())
watch(wishes, (now) => localStorage.setItem(KEY, JSON.stringify(now)))
