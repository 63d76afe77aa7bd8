/** The document's title, with what calls for attention in front of it. */
import { ref, watchEffect } from 'vue'

const title = ref('')
/** Something that waits for this person, shown before the title ("轮到您了 · …"); empty when nothing does. */
export const attention = ref('')

export function pageTitle(text: string): void {
  title.value = text
}
watchEffect(() => {
  if (typeof document === 'undefined') return
  document.title = [attention.value, title.value, '开标 Kaibiao'].filter(Boolean).join(' · ')
})
