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
  /** Few bidders get large seats, so that what stands on them can be read. */
  readonly scale: number
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
const ROW_DEPTH = 2
const STEP = 0.5
const AISLE = 1.2

/** How many seats stand in a row: halls grow wider than deep. */
const columns = (count: number): number => Math.min(34, Math.max(4, 2 * Math.ceil(Math.sqrt(count * (count <= 40 ? 2.6 : 1.3)) / 2)))
const scaleOf = (count: number): number => (count <= 8 ? 1.9 : count <= 18 ? 1.55 : count <= 40 ? 1.25 : 1)

export function planHall(count: number): HallPlan {
  const wide = columns(count)
  const scale = scaleOf(count)
  const rows = Math.max(1, Math.ceil(count / wide))
  const places: Place[] = []
  for (let row = 0; row < rows; row += 1) {
    const inRow = Math.min(wide, count - places.length)
    for (let seat = 0; seat < inRow; seat += 1) places.push(placeAt(row, seat, inRow, scale))
  }
  const last = radiusOf(rows - 1, scale)
  return {
    places,
    scale,
    rows,
    half: Math.max(8, ...places.map(({ x }) => Math.abs(x))) + 2,
    depth: CENTRE_Z + last + 2.5,
    height: (rows - 1) * STEP * scale,
  }
}

const radiusOf = (row: number, scale: number): number => FIRST_ROW + (row + (scale - 1) * 0.8) * ROW_DEPTH * scale

function placeAt(row: number, seat: number, inRow: number, scale: number): Place {
  const radius = radiusOf(row, scale)
  const offset = seat - (inRow - 1) / 2
  // An aisle in the middle, and every other row half a seat farther out: nobody's head hides a seat in front.
  const aside = (inRow > 3 ? AISLE / 2 : 0) + (row % 2 ? PITCH / 2 : 0)
  const turn = ((offset * PITCH + Math.sign(offset) * aside) * scale) / radius
  return { x: radius * Math.sin(turn), y: row * STEP * scale, z: CENTRE_Z + radius * Math.cos(turn), turn }
}

/** The steps on which the rows stand: radius, height and how far the arc reaches to either side. */
export function terraces({ rows, half, scale }: HallPlan): { inner: number; outer: number; height: number; reach: number }[] {
  return Array.from({ length: rows }, (_, row) => {
    const radius = radiusOf(row, scale)
    const inner = radius - ROW_DEPTH * 0.6 * scale
    const outer = row === rows - 1 ? radius + 2.6 : radius + ROW_DEPTH * 0.4 * scale
    return { inner, outer, height: row * STEP * scale, reach: Math.min(1.35, (half + 1) / radius) }
  })
}

export const ARC_CENTRE_Z = CENTRE_Z
