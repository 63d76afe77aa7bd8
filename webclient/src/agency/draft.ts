/**
 * What is being typed, kept in this browser at once: a reload, a crash or an expired session loses nothing. Saved to
 * the platform by the user's own act, for each saving is an entry in the tender's log and asks for the checks anew.
 */
import { computed, onScopeDispose, ref, watch, type ComputedRef, type Ref } from 'vue'
import { useSession } from '@/identity/session'

interface Kept<T> {
  value: T
  at: number
}
export interface Draft<T> {
  form: Ref<T>
  /** Whether the form differs from what the platform has. */
  dirty: ComputedRef<boolean>
  /** Typed before this page was opened, and shown again. */
  restored: Ref<boolean>
  /** When it was last kept here. */
  keptAt: Ref<number | null>
  /** The platform has it now (or it is not wanted any more): forget what was kept. */
  settle: (saved?: T) => void
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
const PREFIX = 'kb-draft:'
const KEPT_DAYS = 30

/** `guarded` gives a form whose secrets (标底) are the other form's, or none: they never lie in the browser's store. */
export function useDraft<T extends object>(name: string, saved: T, guarded: (form: T, from: T | null) => T = (form) => form): Draft<T> {
  const key = `${PREFIX}${useSession().value?.person.id ?? ''}:${name}`
  const base = ref(JSON.stringify(saved))
  const found = read<T>(key)
  const kept = found && { ...found, value: guarded(found.value, saved) }
  const restored = ref(kept !== null && JSON.stringify(kept.value) !== base.value)
  const form = ref(copy(restored.value ? kept!.value : saved)) as Ref<T>
  const keptAt = ref<number | null>(restored.value ? kept!.at : null)
  const dirty = computed(() => JSON.stringify(form.value) !== base.value)

  function keep(): void {
    if (!dirty.value) {
      localStorage.removeItem(key)
      keptAt.value = null
      return
    }
    keptAt.value = Date.now()
    try {
      localStorage.setItem(key, JSON.stringify({ value: guarded(form.value, null), at: keptAt.value } satisfies Kept<T>))
    } catch {
      // The browser's store is full: the page still holds it, and says so by not showing the time it was kept.
      keptAt.value = null
    }
  }
  watch(form, keep, { deep: true })
  const leaving = (event: BeforeUnloadEvent): void => {
    const whole = JSON.stringify(guarded(form.value, JSON.parse(base.value) as T)) === JSON.stringify(form.value)
    if (dirty.value && (keptAt.value === null || !whole)) event.preventDefault()
  }
  addEventListener('beforeunload', leaving)
  onScopeDispose(() => removeEventListener('beforeunload', leaving))

  function settle(value?: T): void {
    if (value !== undefined) form.value = copy(value)
    base.value = JSON.stringify(form.value)
    localStorage.removeItem(key)
    restored.value = false
    keptAt.value = null
  }
  return { form, dirty, restored, keptAt, settle }
}

function read<T>(key: string): Kept<T> | null {
  try {
    const found = JSON.parse(localStorage.getItem(key) ?? 'null') as Kept<T> | null
    return found && Date.now() - found.at < KEPT_DAYS * 86_400_000 ? found : null
  } catch {
    return null
  }
}
