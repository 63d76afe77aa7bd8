/** The size of an element's content box, as it changes. */
import { onScopeDispose, type Ref, watch } from 'vue'

export function useResizeObserver(target: Readonly<Ref<HTMLElement | null>>, told: (box: { width: number; height: number }) => void): void {
  const observer = new ResizeObserver((entries) => {
    const box = entries.at(-1)?.contentRect
    if (box) told(box)
  })
  watch(
    target,
    (now, before) => {
      if (before) observer.unobserve(before)
      if (now) observer.observe(now)
    },
    { immediate: true, flush: 'post' },
  )
  onScopeDispose(() => observer.disconnect())
}
