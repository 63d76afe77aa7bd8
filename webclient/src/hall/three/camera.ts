/** Where the viewer stands: behind and above the last row, with the whole hall in sight; free to look around. */
import { type PerspectiveCamera, Vector3 } from 'three'
import { SCREEN_PLACE } from './building'
import type { HallPlan, Place } from './layout'

export type Spot = 'hall' | 'screen' | 'seat'

interface View {
  eye: Vector3
  at: Vector3
}

const MOVE_MS = 650
/** How far one may look to the side, and up or down, in radians. */
const SIDE = 0.75
const UP = 0.3
const KEYS: Record<string, readonly [side: number, up: number]> = {
  ArrowLeft: [-0.08, 0],
  ArrowRight: [0.08, 0],
  ArrowUp: [0, 0.05],
  ArrowDown: [0, -0.05],
}

export class CameraRig {
  private view: View = { eye: new Vector3(0, 9, 26), at: new Vector3(0, 3, 0) }
  private from: View = this.view
  private whole: View = this.view
  private began = -Infinity
  private side = 0
  private up = 0
  private zoom = 1
  private dragging: { x: number; y: number } | null = null
  private readonly stop = new AbortController()

  constructor(
    private readonly camera: PerspectiveCamera,
    private readonly canvas: HTMLCanvasElement,
    private readonly still: boolean,
    private readonly changed: () => void,
  ) {
    const options = { signal: this.stop.signal }
    canvas.addEventListener('pointerdown', (event) => this.grab(event), options)
    canvas.addEventListener('pointermove', (event) => this.drag(event), options)
    for (const end of ['pointerup', 'pointercancel'] as const) {
      canvas.addEventListener(end, () => (this.dragging = null), options)
    }
    canvas.addEventListener('keydown', (event) => this.key(event), options)
  }

  private grab({ clientX: x, clientY: y, pointerId }: PointerEvent): void {
    this.dragging = { x, y }
    this.canvas.setPointerCapture(pointerId)
  }

  private drag({ clientX: x, clientY: y }: PointerEvent): void {
    if (!this.dragging) return
    this.turn((this.dragging.x - x) * 0.003, (y - this.dragging.y) * 0.002)
    this.dragging = { x, y }
  }

  private key(event: KeyboardEvent): void {
    const turn = KEYS[event.key]
    if (turn) this.turn(...turn)
    else if (event.key === '+' || event.key === '=') this.nearer(1.15)
    else if (event.key === '-') this.nearer(1 / 1.15)
    else return
    event.preventDefault()
  }

  private turn(side: number, up: number): void {
    this.side = Math.max(-SIDE, Math.min(SIDE, this.side + side))
    this.up = Math.max(-UP, Math.min(UP, this.up + up))
    this.changed()
  }

  nearer(factor: number): void {
    this.zoom = Math.max(0.8, Math.min(4, this.zoom * factor))
    this.changed()
  }

  /** Far enough back that every seat and the whole screen are in the picture. */
  frame(plan: HallPlan): void {
    const { width, height, y, z } = SCREEN_PLACE
    const corners = [-1, 1].flatMap((side) => [
      new Vector3((side * width) / 2 + side * 0.4, y + height / 2 + 0.5, z),
      ...plan.places.filter((place) => place.x * side >= 0).map((place) => new Vector3(place.x + side * 0.7 * plan.scale, place.y, place.z + 0.6 * plan.scale)),
    ])
    const at = new Vector3(0, 2.4 + plan.height * 0.35, Math.max(2, plan.depth * 0.28))
    const direction = new Vector3(0, 0.38 + Math.min(0.25, plan.rows * 0.015), 1).normalize()
    const { camera } = this
    for (let distance = 12; distance < 160; distance *= 1.03) {
      camera.position.copy(at).addScaledVector(direction, distance)
      camera.lookAt(at)
      camera.updateMatrixWorld()
      const seen = corners.map((corner) => corner.clone().project(camera))
      if (seen.some(({ x, z }) => Math.abs(x) > 0.97 || z > 1)) continue
      const [low, high] = [Math.min(...seen.map(({ y }) => y)), Math.max(...seen.map(({ y }) => y))]
      if (high - low > 1.86) continue
      // What is seen stands in the middle of the picture.
      at.y += ((high + low) / 2) * distance * Math.tan((camera.fov * Math.PI) / 360)
      camera.position.copy(at).addScaledVector(direction, distance)
      break
    }
    this.whole = { eye: camera.position.clone(), at }
    this.view = this.from = this.whole
    this.began = -Infinity
    this.changed()
  }

  go(spot: Spot, seat?: Place, scale = 1): void {
    this.from = this.now(performance.now())
    this.began = this.still ? -Infinity : performance.now()
    this.side = this.up = 0
    this.zoom = 1
    if (spot === 'screen') this.view = this.before(SCREEN_PLACE.width, new Vector3(0, SCREEN_PLACE.y - 0.6, SCREEN_PLACE.z))
    else if (spot === 'seat' && seat) this.view = behind(seat, scale)
    else this.view = this.whole
    this.changed()
  }

  /** Straight before something `width` wide. */
  private before(width: number, at: Vector3): View {
    const half = Math.tan((this.camera.fov * Math.PI) / 360)
    const distance = (width * 0.56) / (half * Math.min(this.camera.aspect, 1.9))
    return { eye: at.clone().add(new Vector3(0, 1.2, Math.max(distance, 9))), at }
  }

  private now(time: number): View {
    const part = Math.min(1, (time - this.began) / MOVE_MS)
    const eased = part < 0.5 ? 2 * part * part : 1 - (2 - 2 * part) ** 2 / 2
    return { eye: this.from.eye.clone().lerp(this.view.eye, eased), at: this.from.at.clone().lerp(this.view.at, eased) }
  }

  /** Puts the camera where it belongs at this time; true while it is on its way. */
  step(time: number): boolean {
    const { eye, at } = this.now(time)
    const arm = eye.sub(at).divideScalar(this.zoom)
    arm.applyAxisAngle(new Vector3(0, 1, 0), this.side)
    arm.y += arm.length() * this.up
    this.camera.position.copy(at).add(arm)
    this.camera.position.y = Math.max(1.5, this.camera.position.y)
    this.camera.lookAt(at)
    return time - this.began < MOVE_MS
  }

  dispose(): void {
    this.stop.abort()
  }
}

/** From behind whoever sits there, with the screen in sight. */
function behind(seat: Place, scale: number): View {
  const back = new Vector3(Math.sin(seat.turn), 0, Math.cos(seat.turn))
  const eye = new Vector3(seat.x, seat.y + 2.6 * scale + 1.2, seat.z).addScaledVector(back, 5.4 * scale + 2)
  return { eye, at: new Vector3(seat.x * 0.45, 2.4 + seat.y * 0.6, 0) }
}
