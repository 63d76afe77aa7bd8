/** What stands on the hall's big screen, painted on a canvas. */
import { lines } from './labels'

/** All texts come in the reader's language already. */
export interface ScreenText {
  /** Project and station, the small line on top. */
  over: string
  station: string
  /** The countdown's label and time, or what the hall waits for. */
  label: string
  time: string
  /** The line being read: number, bidder, amount, amount in words. */
  line: { number: string; name: string; amount: string; words: string } | null
  /** How far the hall is: 已解密 3/5 … */
  counts: string
  demonstration: string
  suspended: string
}

export const SCREEN = { width: 1600, height: 720 }
const FONT = 'system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC Variable", sans-serif'
const MARGIN = 72

export function paintScreen(pen: CanvasRenderingContext2D, text: ScreenText): void {
  const { width, height } = SCREEN
  const ground = pen.createLinearGradient(0, 0, 0, height)
  ground.addColorStop(0, '#17335f')
  ground.addColorStop(1, '#0e2142')
  pen.fillStyle = ground
  pen.fillRect(0, 0, width, height)
  pen.fillStyle = text.suspended ? '#f2b632' : '#4c8fe8'
  pen.fillRect(0, 0, width, 10)
  pen.textBaseline = 'alphabetic'
  pen.textAlign = 'left'
  write(pen, text.over, MARGIN, 92, 34, '#c3d0e6', 500, width - 2 * MARGIN - 220)
  if (text.demonstration) badge(pen, text.demonstration)
  if (text.line) paintLine(pen, text)
  else paintStation(pen, text)
  write(pen, text.counts, MARGIN, height - 48, 36, '#c3d0e6', 500, width - 2 * MARGIN)
}

function paintStation(pen: CanvasRenderingContext2D, text: ScreenText): void {
  write(pen, text.suspended || text.station, MARGIN, 250, 112, text.suspended ? '#f2b632' : '#ffffff', 700, SCREEN.width - 2 * MARGIN)
  pen.font = `500 44px ${FONT}`
  const label = lines(pen, text.label, SCREEN.width - 2 * MARGIN)
  label.forEach((line, n) => write(pen, line, MARGIN, 350 + n * 60, 44, '#c3d0e6', 500))
  if (text.time) write(pen, text.time, MARGIN, 350 + label.length * 60 + 130, 168, '#ffffff', 700)
}

function paintLine(pen: CanvasRenderingContext2D, text: ScreenText): void {
  const { line } = text
  if (!line) return
  write(pen, `${text.station}　${text.label} ${text.time}`.trim(), MARGIN, 172, 44, '#ffd45e', 600, SCREEN.width - 2 * MARGIN)
  pen.fillStyle = '#ffd45e'
  pen.fillRect(MARGIN, 220, 130, 96)
  pen.textAlign = 'center'
  write(pen, line.number, MARGIN + 65, 292, 68, '#12284b', 700, 120)
  pen.textAlign = 'left'
  write(pen, line.name, MARGIN + 164, 292, 76, '#ffffff', 700, SCREEN.width - 2 * MARGIN - 164)
  write(pen, line.amount, MARGIN, 480, 150, '#ffffff', 700, SCREEN.width - 2 * MARGIN)
  write(pen, line.words, MARGIN, 570, 50, '#c3d0e6', 500, SCREEN.width - 2 * MARGIN)
}

function badge(pen: CanvasRenderingContext2D, text: string): void {
  pen.font = `700 34px ${FONT}`
  const width = pen.measureText(text).width + 48
  pen.fillStyle = '#f2b632'
  pen.fillRect(SCREEN.width - MARGIN - width, 52, width, 56)
  pen.fillStyle = '#16202e'
  pen.fillText(text, SCREEN.width - MARGIN - width + 24, 92)
}

/** One line, made smaller where it would not fit. */
function write(pen: CanvasRenderingContext2D, text: string, x: number, y: number, size: number, colour: string, weight: number, most?: number): void {
  pen.fillStyle = colour
  pen.font = `${weight} ${size}px ${FONT}`
  const needed = pen.measureText(text).width
  if (most && needed > most) pen.font = `${weight} ${Math.floor((size * most) / needed)}px ${FONT}`
  pen.fillText(text, x, y)
}
