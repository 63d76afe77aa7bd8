/** How high a row of a virtual list is, told by the browser after its layout instead of forcing one for every row. */
import type { Virtualizer } from '@tanstack/vue-virtual'

/** The size in pixels; until the ResizeObserver has told it, the last one known or the estimate. */
export function measured(row: Element, told: ResizeObserverEntry | undefined, list: Virtualizer<HTMLElement, Element>): number {
  const box = told?.borderBoxSize[0]
  if (box) return Math.round(box.blockSize)
  const index = list.indexFromElement(row)
  return list.itemSizeCache.get(list.options.getItemKey(index)) ?? list.options.estimateSize(index)
}
