/** How far down the page the room begins, as a custom property: it fills what is left of the window and no more. */
import { onScopeDispose, type Ref, watch } from 'vue'

export function useRoomHeight(room: Readonly<Ref<HTMLElement | null>>): void {
  const measure = (): void => {
    const element = room.value
    if (element) element.style.setProperty('--hall-room-top', `${Math.round(element.getBoundingClientRect().top + scrollY)}px`)
  }
  // What stands above it changes size: notices come and go.
  const observer = new ResizeObserver(measure)
  watch(
    room,
    (now, before) => {
      if (before?.parentElement) observer.unobserve(before.parentElement)
      for (const above of now?.parentElement?.children ?? []) if (above !== now) observer.observe(above)
      if (now?.parentElement) observer.observe(now.parentElement)
      measure()
    },
    { flush: 'post', immediate: true },
  )
  addEventListener('resize', measure)
  onScopeDispose(() => {
    observer.disconnect()
    removeEventListener('resize', measure)
  })
}
