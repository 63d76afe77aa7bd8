/**
 * The hall in 3D. Nothing runs by itself: a picture is drawn when something changed, so that a hall left open costs
 * nothing. Seats are instances and one texture: a thousand are as few objects as ten.
 */
import {
  BoxGeometry, Color, type CanvasTexture, Group, InstancedMesh, Matrix4, Mesh, PerspectiveCamera, Raycaster, Scene, SRGBColorSpace, Vector2, Vector3, WebGLRenderer,
} from 'three' // prettier-ignore
import { arrow, bigScreen, bodyGeometry, building, desk, type Desk, headGeometry, matte, release } from './building'
import { CameraRig, type Spot } from './camera'
import { SeatLabels, type SeatLook } from './labels'
import { type HallPlan, planHall } from './layout'
import { LOOK } from './look'
import { paintScreen, type ScreenText } from './screen'

export interface SeatState extends SeatLook {
  readonly id: string
  readonly present: boolean
}

export interface OfficialState {
  readonly key: string
  readonly lines: readonly string[]
  readonly present: boolean
  readonly host: boolean
}

const HIDDEN = new Matrix4().makeScale(0, 0, 0)

export class HallScene {
  private readonly renderer: WebGLRenderer
  private readonly scene = new Scene()
  private readonly camera = new PerspectiveCamera(36, 1, 0.1, 400)
  private readonly rig: CameraRig
  private readonly screen = bigScreen()
  private readonly spot = arrow()
  private room = new Group()
  private plan: HallPlan = planHall(0)
  private labels: SeatLabels | null = null
  private bodies: InstancedMesh | null = null
  private heads: InstancedMesh | null = null
  private desks = new Map<string, Desk>()
  private officials = ''
  private seats: readonly SeatState[] = []
  private shown = ''
  private wanted = 0

  /** Throws where WebGL cannot be had. */
  constructor(canvas: HTMLCanvasElement, options: { still: boolean; lost: () => void }) {
    this.renderer = new WebGLRenderer({ canvas, antialias: true, powerPreference: 'low-power' })
    this.renderer.outputColorSpace = SRGBColorSpace
    this.scene.background = new Color(LOOK.ceiling)
    this.rig = new CameraRig(this.camera, canvas, options.still, () => this.invalidate())
    this.spot.visible = false
    this.scene.add(this.room, this.screen.mesh, this.spot)
    canvas.addEventListener('webglcontextlost', options.lost)
  }

  /** Bidders in the list's order; `empty` seats stand for them before the list is announced. */
  setSeats(seats: readonly SeatState[], empty: number): void {
    const count = seats.length || empty
    if (count !== this.plan.places.length || !this.labels) this.rebuild(count)
    this.seats = seats
    const vacant: SeatLook = { number: '', name: '', glyph: '', tone: 'empty', own: false }
    for (let index = 0; index < count; index += 1) {
      const seat = seats[index]
      this.labels?.paint(index, seat ?? vacant)
      this.occupy(index, seat?.present ?? false)
    }
    this.followSpeaker(seats.findIndex((seat) => seat.tone === 'speaking'))
    this.invalidate()
  }

  private rebuild(count: number): void {
    release(this.room)
    this.labels?.dispose()
    this.scene.remove(this.room)
    this.plan = planHall(count)
    this.room = building(this.plan)
    this.labels = new SeatLabels(this.plan.places, this.plan.scale)
    this.bodies = new InstancedMesh(bodyGeometry(), matte(LOOK.figure), count)
    this.heads = new InstancedMesh(headGeometry(), matte(LOOK.skin), count)
    this.room.add(this.labels.mesh, this.bodies, this.heads, ...this.furniture())
    for (let index = 0; index < count; index += 1) this.occupy(index, false)
    this.scene.add(this.room)
    this.rig.frame(this.plan)
  }

  /** A table and a chair for everybody. */
  private furniture(): InstancedMesh[] {
    const { places } = this.plan
    const parts: [geometry: BoxGeometry, color: number][] = [
      [new BoxGeometry(1.3, 0.06, 0.6).translate(0, 0.74, -0.62), LOOK.wood],
      [new BoxGeometry(1.22, 0.66, 0.05).translate(0, 0.4, -0.86), LOOK.woodDark],
      [new BoxGeometry(0.9, 0.1, 0.7).translate(0, 0.46, 0.1), LOOK.chair],
      [new BoxGeometry(1.18, 0.9, 0.1).rotateX(-0.23).translate(0, 0.86, 0.29), LOOK.chair],
    ]
    return parts.map(([geometry, color]) => {
      const mesh = new InstancedMesh(geometry, matte(color), places.length)
      places.forEach((_, index) => mesh.setMatrixAt(index, this.placed(index)))
      return mesh
    })
  }

  private placed(index: number): Matrix4 {
    const place = this.plan.places[index]
    if (!place) return HIDDEN
    const { scale } = this.plan
    return new Matrix4().makeRotationY(place.turn).scale(new Vector3(scale, scale, scale)).setPosition(place.x, place.y, place.z)
  }

  private occupy(index: number, present: boolean): void {
    const matrix = present ? this.placed(index) : HIDDEN
    for (const mesh of [this.bodies, this.heads]) {
      mesh?.setMatrixAt(index, matrix)
      if (mesh) mesh.instanceMatrix.needsUpdate = true
    }
  }

  private followSpeaker(index: number): void {
    const place = this.plan.places[index]
    this.spot.visible = place !== undefined
    if (!place) return
    const { scale } = this.plan
    this.spot.position.set(place.x, place.y + 2.05 * scale, place.z)
    this.spot.scale.setScalar(scale)
  }

  setOfficials(officials: readonly OfficialState[]): void {
    const who = JSON.stringify(officials.map(({ key, lines, host }) => [key, lines, host]))
    if (who !== this.officials) this.seatOfficials(officials, who)
    for (const { key, present } of officials) this.desks.get(key)?.setPresent(present)
    this.invalidate()
  }

  /** The host at the lectern to the left, the others along the stage. */
  private seatOfficials(officials: readonly OfficialState[], who: string): void {
    for (const { mesh } of this.desks.values()) {
      release(mesh)
      this.scene.remove(mesh)
    }
    this.desks.clear()
    this.officials = who
    const others = officials.filter(({ host }) => !host)
    const pitch = Math.min(2.3, 12 / Math.max(1, others.length))
    for (const { key, lines, host } of officials) {
      const at = others.findIndex((each) => each.key === key)
      const made = host ? desk(-7, 0.1, lines, { host }) : desk((at - (others.length - 1) / 2) * pitch + 0.6, -1.3, lines)
      this.desks.set(key, made)
      this.scene.add(made.mesh)
    }
  }

  setScreen(text: ScreenText): void {
    const now = JSON.stringify(text)
    if (now === this.shown) return
    this.shown = now
    paintScreen(this.screen.pen, text)
    const texture: CanvasTexture = this.screen.texture
    texture.needsUpdate = true
    this.invalidate()
  }

  /** Look at all of the hall, at the screen, or at one seat. */
  look(spot: Spot, seat = -1): void {
    this.rig.go(spot, this.plan.places[seat], this.plan.scale)
  }

  /** Which bidder stands under a point of the canvas (both from -1 to 1). */
  seatAt(x: number, y: number): SeatState | null {
    if (!this.labels) return null
    const ray = new Raycaster()
    ray.setFromCamera(new Vector2(x, y), this.camera)
    const [hit] = ray.intersectObject(this.labels.mesh)
    return hit?.faceIndex === undefined || hit.faceIndex === null ? null : (this.seats[Math.floor(hit.faceIndex / 2)] ?? null)
  }

  resize(width: number, height: number): void {
    if (!width || !height) return
    this.renderer.setPixelRatio(Math.min(2, window.devicePixelRatio))
    this.renderer.setSize(width, height, false)
    this.camera.aspect = width / height
    this.camera.updateProjectionMatrix()
    this.rig.frame(this.plan)
    this.draw()
  }

  private invalidate(): void {
    this.wanted ||= requestAnimationFrame(() => this.draw())
  }

  private draw(): void {
    cancelAnimationFrame(this.wanted)
    this.wanted = 0
    if (this.rig.step(performance.now())) this.invalidate()
    this.renderer.render(this.scene, this.camera)
  }

  dispose(): void {
    cancelAnimationFrame(this.wanted)
    this.rig.dispose()
    release(this.room)
    release(this.screen.mesh)
    for (const { mesh } of this.desks.values()) release(mesh)
    if (this.spot instanceof Mesh) this.spot.geometry.dispose()
    this.labels?.dispose()
    this.renderer.dispose()
  }
}
