/** The hall itself: floor and terraces, walls, ceiling lights, stage, screen and the officials' desks. */
import {
  BoxGeometry, type BufferGeometry, CanvasTexture, ConeGeometry, CylinderGeometry, DirectionalLight, ExtrudeGeometry, Group,
  HemisphereLight, type Material, Mesh, MeshBasicMaterial, MeshLambertMaterial, PlaneGeometry, Shape, SphereGeometry, SRGBColorSpace,
} from 'three' // prettier-ignore
import { ARC_CENTRE_Z, type HallPlan, terraces } from './layout'
import { LOOK } from './look'
import { SCREEN } from './screen'

const WALL_Z = -4.6
export const STAGE = { height: 0.55, front: 1.6, width: 19 }
export const SCREEN_PLACE = { width: 13.6, height: 13.6 * (SCREEN.height / SCREEN.width), y: 5.1, z: WALL_Z + 0.16 }

export const matte = (color: number): MeshLambertMaterial => new MeshLambertMaterial({ color })

function box(width: number, height: number, depth: number, material: Material, x: number, y: number, z: number): Mesh {
  const mesh = new Mesh(new BoxGeometry(width, height, depth), material)
  mesh.position.set(x, y, z)
  return mesh
}

export function building(plan: HallPlan): Group {
  const hall = new Group()
  const width = 2 * Math.max(plan.half + 2, 13)
  const depth = plan.depth - WALL_Z + 14
  const floor = new Mesh(new PlaneGeometry(width, depth), matte(LOOK.floor))
  floor.rotation.x = -Math.PI / 2
  floor.position.set(0, -0.01, WALL_Z + depth / 2)
  hall.add(floor, ...steps(plan), ...walls(width, depth), ...lamps(width, plan.depth), stage())
  hall.add(new HemisphereLight(0xffffff, 0x9aa6b8, 2.2))
  const sun = new DirectionalLight(0xffffff, 1.5)
  sun.position.set(-6, 14, 16)
  hall.add(sun)
  return hall
}

function walls(width: number, depth: number): Mesh[] {
  const high = 10.4
  const back = box(width, high, 0.2, matte(LOOK.wall), 0, high / 2, WALL_Z - 0.1)
  const dado = box(width, 1.1, 0.06, matte(LOOK.wallLow), 0, 0.55, WALL_Z + 0.03)
  const sides = [-1, 1].flatMap((side) => {
    const wall = box(0.2, high, depth, matte(LOOK.wall), (side * width) / 2, high / 2, WALL_Z + depth / 2)
    const rail = box(0.06, 1.1, depth, matte(LOOK.wallLow), side * (width / 2 - 0.12), 0.55, WALL_Z + depth / 2)
    return [wall, rail]
  })
  const panels = [-1, 1].flatMap((side) =>
    [0, 1].map((n) => box(1.5, 6.4, 0.12, matte(LOOK.wood), side * (SCREEN_PLACE.width / 2 + 1.6 + n * 1.9), 4.6, WALL_Z + 0.06)),
  )
  return [back, dado, ...sides, ...panels]
}

/** Strips of light where a ceiling would be; the viewer looks in from above it. */
function lamps(width: number, depth: number): Mesh[] {
  const glow = new MeshBasicMaterial({ color: LOOK.light })
  const side = Math.max(SCREEN_PLACE.width / 2 + 4.2, width * 0.36)
  return [-side, side].map((at) => box(0.3, 0.08, Math.min(12, depth * 0.6), glow, at, 10, 4))
}

function steps(plan: HallPlan): Mesh[] {
  const even = matte(LOOK.terrace)
  return terraces(plan).map(({ inner, outer, height, reach }) => {
    const arc = new Shape()
    // Shapes lie in x and y; turned about x they lie on the floor, y pointing to the viewer.
    const from = Math.PI / 2 - reach
    const to = Math.PI / 2 + reach
    arc.absarc(0, 0, outer, from, to, false)
    arc.absarc(0, 0, inner, to, from, true)
    const mesh = new Mesh(new ExtrudeGeometry(arc, { depth: height + 0.02, bevelEnabled: false, curveSegments: 40 }), even)
    mesh.rotation.x = Math.PI / 2
    mesh.position.set(0, height, ARC_CENTRE_Z)
    return mesh
  })
}

function stage(): Group {
  const group = new Group()
  const { height, front, width } = STAGE
  const deep = front - WALL_Z
  group.add(box(width, height, deep, matte(LOOK.stage), 0, height / 2, WALL_Z + deep / 2))
  group.add(box(width, 0.08, 0.08, matte(LOOK.stageEdge), 0, height, front))
  for (let n = 0; n < 2; n += 1) group.add(box(3.2, height / 3, 0.4, matte(LOOK.stageEdge), 0, (height / 6) * (3 - 2 * n) - 0.09, front + 0.2 + n * 0.4))
  return group
}

/** The big screen; paint its canvas and set `needsUpdate`. */
export function bigScreen(): { mesh: Group; pen: CanvasRenderingContext2D; texture: CanvasTexture } {
  const canvas = document.createElement('canvas')
  canvas.width = SCREEN.width
  canvas.height = SCREEN.height
  const pen = canvas.getContext('2d')
  if (!pen) throw new Error('no 2D canvas')
  const texture = new CanvasTexture(canvas)
  texture.colorSpace = SRGBColorSpace
  texture.anisotropy = 8
  const { width, height, y, z } = SCREEN_PLACE
  const mesh = new Group()
  mesh.add(box(width + 0.36, height + 0.36, 0.14, matte(LOOK.frame), 0, y, z - 0.09))
  const face = new Mesh(new PlaneGeometry(width, height), new MeshBasicMaterial({ map: texture, toneMapped: false }))
  face.position.set(0, y, z)
  mesh.add(face)
  return { mesh, pen, texture }
}

/** A table on the stage with a name plate and somebody behind it; `present` shows the person. */
export interface Desk {
  readonly mesh: Group
  setPresent(present: boolean): void
}

export function desk(x: number, z: number, lines: readonly string[], { host = false } = {}): Desk {
  const mesh = new Group()
  const wide = host ? 1.5 : 1.9
  const high = host ? 1.12 : 0.78
  mesh.add(box(wide, high, 0.7, matte(host ? LOOK.woodDark : LOOK.wood), 0, high / 2, 0))
  mesh.add(box(wide + 0.1, 0.06, 0.8, matte(LOOK.stageEdge), 0, high, 0))
  const plate = new Mesh(new PlaneGeometry(wide - 0.12, 0.5), new MeshBasicMaterial({ map: nameplate(lines), toneMapped: false }))
  plate.position.set(0, high - 0.31, 0.36)
  mesh.add(plate)
  const person = figure()
  person.position.set(0, host ? 0.15 : 0, -0.6)
  mesh.add(person)
  mesh.position.set(x, STAGE.height, z)
  return { mesh, setPresent: (present) => void (person.visible = present) }
}

export const bodyGeometry = (): BufferGeometry => new CylinderGeometry(0.2, 0.28, 0.75, 12).translate(0, 0.9, 0)
export const headGeometry = (): BufferGeometry => new SphereGeometry(0.17, 14, 10).translate(0, 1.5, 0)

function figure(): Group {
  const group = new Group()
  group.add(new Mesh(bodyGeometry(), matte(LOOK.figure)), new Mesh(headGeometry(), matte(LOOK.skin)))
  return group
}

function nameplate(lines: readonly string[]): CanvasTexture {
  const canvas = document.createElement('canvas')
  canvas.width = 512
  canvas.height = 142
  const pen = canvas.getContext('2d')
  if (pen) {
    pen.fillStyle = '#ffffff'
    pen.fillRect(0, 0, 512, 142)
    pen.fillStyle = '#12284b'
    pen.textAlign = 'center'
    pen.textBaseline = 'middle'
    lines.slice(0, 2).forEach((line, n) => {
      const size = n ? 44 : 62
      pen.font = `700 ${size}px system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC Variable", sans-serif`
      pen.fillText(line, 256, lines.length > 1 ? 46 + n * 60 : 71, 490)
    })
  }
  const texture = new CanvasTexture(canvas)
  texture.colorSpace = SRGBColorSpace
  return texture
}

/** Frees what the graphics card holds of everything below. */
export function release(root: Group): void {
  root.traverse((item) => {
    if (!(item instanceof Mesh)) return
    const mesh = item as Mesh
    mesh.geometry.dispose()
    for (const material of [mesh.material].flat()) {
      if ('map' in material && material.map instanceof CanvasTexture) material.map.dispose()
      material.dispose()
    }
  })
}

/** The sign over whoever is being read. */
export const arrow = (): Mesh =>
  new Mesh(new ConeGeometry(0.3, 0.55, 4).rotateX(Math.PI), new MeshBasicMaterial({ color: 0xffc21a }))
