/** One tab stop for many cells: which cell has it, and where the keys move it (WAI-ARIA grid pattern). Pure. */

export interface Layout {
  count: number
  columns: number
  /** Lines that fit into the frame. */
  page: number
}

/** The cell that a key moves to from `at`; null when the key is not the grid's. */
export function moved(key: string, control: boolean, at: number, { count, columns, page }: Layout): number | null {
  const last = count - 1
  const start = at - (at % columns)
  const targets: Record<string, number> = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at + columns > last ? at : at + columns,
    ArrowUp: at - columns < 0 ? at : at - columns,
    Home: control ? 0 : start,
    End: control ? last : start + columns - 1,
    PageDown: Math.min(at + columns * page, last),
    PageUp: Math.max(at - columns * page, at % columns),
  }
  const target = targets[key]
  return target === undefined ? null : Math.max(0, Math.min(last, target))
}
