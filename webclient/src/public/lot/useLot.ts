/** One lot with its notices and answers, loaded together and again when the deadline passes. */
import { type Ref, shallowRef, watch } from 'vue'
import { type Answered, answered as fetchAnswered, type LotPackage, lotPackage, type SignedNotice, tenderNotices } from '../api'

export interface LoadedLot {
  lot: LotPackage
  notices: SignedNotice[]
  answered: Answered[]
}

export function useLot(id: Ref<string | null>) {
  const loaded = shallowRef<LoadedLot | null>(null)
  const fault = shallowRef<unknown>(null)
  let turn = 0
  async function load(): Promise<void> {
    const mine = ++turn
    const wanted = id.value
    if (!wanted) return
    try {
      const lot = await lotPackage(wanted)
      const [notices, answered] = await Promise.all([tenderNotices(lot.tender), fetchAnswered(wanted)])
      if (mine !== turn) return
      loaded.value = { lot, notices, answered }
      fault.value = null
    } catch (thrown) {
      if (mine === turn) fault.value = thrown
    }
  }
  watch(
    id,
    () => {
      loaded.value = null
      fault.value = null
      void load()
    },
    { immediate: true },
  )
  return { loaded, fault, load }
}
