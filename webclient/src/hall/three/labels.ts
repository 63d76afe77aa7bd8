/** The backs of the seats: one texture with a field for each seat, painted when its state changes. */
import { BufferAttribute, BufferGeometry, CanvasTexture, Matrix4, Mesh, MeshBasicMaterial, SRGBColorSpace, Vector3 } from 'three'
import type { Place } from './layout'
import { SEAT } from './look'

export interface SeatLook {
  readonly number: string
  readonly name: string
  readonly glyph: string
  readonly tone: keyof typeof SEAT
  readonly own: boolean
}

/** The panel on the back of a chair, in metres. */
export const PANEL = { width: 1.12, height: 0.84, y: 0.86, z: 0.36 }
const FONT = 'system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC Variable", sans-serif'

/** With few seats there is room for names. */
const cellOf = (count: number): { width: number; height: number } =>
  count <= 40 ? { width: 320, height: 240 } : count <= 200 ? { width: 160, height: 120 } : { width: 88, height: 66 }

export class SeatLabels {
  readonly mesh: Mesh<BufferGeometry, MeshBasicMaterial>
  private readonly texture: CanvasTexture
  private readonly pen: CanvasRenderingContext2D
  private readonly cell: { width: number; height: number }
  private readonly columns: number
  private readonly painted: string[] = []

  constructor(places: readonly Place[], scale: number) {
    this.cell = cellOf(places.length)
    this.columns = Math.max(1, Math.ceil(Math.sqrt((places.length * this.cell.height) / this.cell.width)))
    const lines = Math.max(1, Math.ceil(places.length / this.columns))
    const canvas = document.createElement('canvas')
    canvas.width = this.columns * this.cell.width
    canvas.height = lines * this.cell.height
    const pen = canvas.getContext('2d')
    if (!pen) throw new Error('no 2D canvas')
    this.pen = pen
    this.texture = new CanvasTexture(canvas)
    this.texture.colorSpace = SRGBColorSpace
    this.texture.anisotropy = 8
    const material = new MeshBasicMaterial({ map: this.texture, toneMapped: false })
    this.mesh = new Mesh(panels(places, scale, this.columns, lines), material)
  }

  /** True when the seat looks other than before. */
  paint(index: number, look: SeatLook): boolean {
    const seen = `${look.number}|${look.name}|${look.glyph}|${look.tone}|${look.own}`
    if (this.painted[index] === seen) return false
    this.painted[index] = seen
    this.draw(index, look)
    this.texture.needsUpdate = true
    return true
  }

  private draw(index: number, { number, name, glyph, tone, own }: SeatLook): void {
    const { pen } = this
    const { width, height } = this.cell
    const [ground, ink] = SEAT[tone]
    const x = (index % this.columns) * width
    const y = Math.floor(index / this.columns) * height
    pen.save()
    pen.beginPath()
    pen.rect(x, y, width, height)
    pen.clip()
    pen.fillStyle = ground
    pen.fillRect(x, y, width, height)
    if (own) {
      pen.strokeStyle = '#ffd45e'
      pen.lineWidth = width * 0.06
      pen.strokeRect(x + width * 0.03, y + width * 0.03, width * 0.94, height - width * 0.06)
    }
    pen.fillStyle = ink
    pen.textBaseline = 'middle'
    const named = this.cell.width >= 300 && name
    pen.textAlign = 'left'
    pen.font = `700 ${height * (named ? 0.36 : 0.5)}px ${FONT}`
    pen.fillText(number, x + width * 0.1, y + height * (named ? 0.3 : 0.52))
    pen.textAlign = 'right'
    pen.font = `600 ${height * (named ? 0.28 : 0.34)}px ${FONT}`
    pen.fillText(glyph, x + width * 0.9, y + height * (named ? 0.3 : 0.52))
    if (named) {
      pen.textAlign = 'left'
      pen.font = `600 ${height * 0.15}px ${FONT}`
      lines(pen, name, width * 0.8).forEach((line, n) => pen.fillText(line, x + width * 0.1, y + height * (0.62 + n * 0.2)))
    }
    pen.restore()
  }

  dispose(): void {
    this.texture.dispose()
    this.mesh.geometry.dispose()
    this.mesh.material.dispose()
  }
}

/** At most two lines of a name; what is longer ends in an ellipsis. */
export function lines(pen: Pick<CanvasRenderingContext2D, 'measureText'>, text: string, width: number, most = 2): string[] {
  const found: string[] = []
  let line = ''
  const symbols = Array.from(text)
  for (const [n, symbol] of symbols.entries()) {
    if (pen.measureText(line + symbol).width <= width) {
      line += symbol
      continue
    }
    if (found.length === most - 1) return [...found, `${line.slice(0, -1)}…`]
    found.push(line.trimEnd())
    line = symbol === ' ' && n ? '' : symbol
  }
  return line ? [...found, line] : found
}

/** A panel behind every chair, facing away from the stage, each with its own field of the texture. */
function panels(places: readonly Place[], scale: number, columns: number, rows: number): BufferGeometry {
  const positions = new Float32Array(places.length * 12)
  const uvs = new Float32Array(places.length * 8)
  const faces = new Uint32Array(places.length * 6)
  const turn = new Matrix4()
  const point = new Vector3()
  const { width, height, y, z } = PANEL
  places.forEach((place, index) => {
    turn.makeRotationY(place.turn).setPosition(place.x, place.y, place.z)
    const [left, top] = [(index % columns) / columns, 1 - Math.floor(index / columns) / rows]
    const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const // prettier-ignore
    corners.forEach(([right, up], corner) => {
      // Leaning back a little, as chairs do: the viewer stands above.
      point.set((right * width) / 2, y + (up * height) / 2, z - up * 0.1).multiplyScalar(scale).applyMatrix4(turn)
      point.toArray(positions, index * 12 + corner * 3)
      uvs[index * 8 + corner * 2] = left + (right > 0 ? 1 : 0) / columns
      uvs[index * 8 + corner * 2 + 1] = top - (up > 0 ? 0 : 1) / rows
    })
    const base = index * 4
    faces.set([base, base + 1, base + 2, base, base + 2, base + 3], index * 6)
  })
  const geometry = new BufferGeometry()
  geometry.setAttribute('position', new BufferAttribute(positions, 3))
  geometry.setAttribute('uv', new BufferAttribute(uvs, 2))
  geometry.setIndex(new BufferAttribute(faces, 1))
  geometry.computeVertexNormals()
  return geometry
}
