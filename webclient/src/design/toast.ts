/** Short confirmations that need no answer. What must not be missed belongs on the page, not here. */
import { ref } from 'vue'

export const toasts = ref<{ id: number; text: string }[]>([])
let next = 1

export function toast(text: string): void {
  const id = next++
  toasts.value = [...toasts.value, { id, text }]
  setTimeout(() => (toasts.value = toasts.value.filter((shown) => shown.id !== id)), 6000)
}
