/** One act at a time: whether it runs, and what stood against it. */
import { ref, shallowRef } from 'vue'
import { Problem } from '@/api/problem'

export function useAct() {
  const busy = ref(false)
  const failed = shallowRef<unknown>(null)
  async function run<T>(act: () => Promise<T>): Promise<T | undefined> {
    if (busy.value) return undefined
    busy.value = true
    failed.value = null
    try {
      // The page shows that it works before heavy arithmetic holds it up.
      await new Promise((resolve) => setTimeout(resolve, 30))
      return await act()
    } catch (thrown) {
      // Whoever closes the dialog that asks for the certificate has said enough.
      if (!(thrown instanceof Problem && thrown.code === 'signing-cancelled')) failed.value = thrown
      return undefined
    } finally {
      busy.value = false
    }
  }
  return { busy, failed, run }
}
