/** How this person likes pages, kept in this browser. */
import { ref, watch } from 'vue'

const CARE = 'kb-care'

/** 无障碍/关怀版: large type, one column, large targets. */
export const care = ref(globalThis.localStorage?.getItem(CARE) === '1')

export function applyPreferences(): void {
  watch(
    care,
    (on) => {
      document.documentElement.toggleAttribute('data-care', on)
      localStorage.setItem(CARE, on ? '1' : '0')
    },
    { immediate: true },
  )
}
