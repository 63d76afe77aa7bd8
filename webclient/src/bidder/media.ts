/** Whether a media query holds, as a ref. */
import { onScopeDispose, ref, type Ref } from 'vue'

export function useMedia(query: string): Ref<boolean> {
  const list = matchMedia(query)
  const holds = ref(list.matches)
  const take = (): void => {
    holds.value = list.matches
  }
  list.addEventListener('change', take)
  onScopeDispose(() => list.removeEventListener('change', take))
  return holds
}
