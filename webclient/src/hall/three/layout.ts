/** Where everybody sits: arcs of seats around the stage, each row a step higher than the one before. Pure. */

export interface Place {
  readonly x: number
  readonly y: number
  readonly z: number
  /** Radians about the upright axis: the seat looks at the stage. */
  readonly turn: number
}

export interface HallPlan {
  readonly places: readonly Place[]
  readonly rows: number
  /** Half the width, the farthest row, and the height of its floor, in metres. */
  readonly half: number
  readonly depth: number
  readonly height: number
}

/** The arcs' common centre lies behind the screen, so that the rows bend gently. */
const CENTRE_Z = -9
const FIRST_ROW = 13.5
const PITCH = 1.5
const ROW_DEPTH = 1.75
const STEP = 0.42
const AISLE = 1.6

/** How many seats stand in a row: halls grow wider than deep. */
const columns = (count: number): number => Math.min(40, Math.max(4, 2 * Math.ceil(Math.sqrt(count * 1.5) / 2)))

export function planHall(count: number): HallPlan {
  const wide = columns(count)
  const rows = Math.max(1, Math.ceil(count / wide))
  const places: Place[] = []
  for (let row = 0; row < rows; row += 1) {
    const inRow = Math.min(wide, count - places.length)
    for (let seat = 0; seat < inRow; seat += 1) places.push(placeAt(row, seat, inRow))
  }
  const last = FIRST_ROW + (rows - 1) * ROW_DEPTH
  return {
    places,
    rows,
    half: Math.max(8, ...places.map(({ x }) => Math.abs(x))) + 2,
    depth: CENTRE_Z + last + 2.5,
    height: (rows - 1) * STEP,
  }
}

function placeAt(row: number, seat: number, inRow: number): Place {
  const radius = FIRST_ROW + row * ROW_DEPTH
  const offset = seat - (inRow - 1) / 2
  // An aisle in the middle of every row that has two sides.
  const along = offset * PITCH + (inRow > 4 ? (Math.sign(offset) * AISLE) / 2 : 0)
  const turn = along / radius
  return { x: radius * Math.sin(turn), y: row * STEP, z: CENTRE_Z + radius * Math.cos(turn), turn }
}

/** The steps on which the rows stand: radius, height and how far the arc reaches to either side. */
export function terraces({ rows, half }: HallPlan): { inner: number; outer: number; height: number; reach: number }[] {
  return Array.from({ length: rows }, (_, row) => {
    const radius = FIRST_ROW + row * ROW_DEPTH
    const inner = radius - ROW_DEPTH * 0.55
    const outer = row === rows - 1 ? radius + 3 : radius + ROW_DEPTH * 0.45
    return { inner, outer, height: row * STEP, reach: Math.min(1.35, (half + 1) / radius) }
  })
}

export const ARC_CENTRE_Z = CENTRE_Z
