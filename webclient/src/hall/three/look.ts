/** Colours of the 3D hall. States are those of the flat seats: colour, shape and word agree. */
import type { Tone } from '../seats/status'

export const LOOK = {
  wall: 0xe9edf3,
  wallLow: 0xc9d2df,
  ceiling: 0xf5f7fa,
  floor: 0x8d99ab,
  terrace: 0xa3aebf,
  stage: 0xb68f63,
  stageEdge: 0x6f5436,
  wood: 0xc9a57b,
  woodDark: 0x8a6a45,
  navy: 0x12284b,
  frame: 0x0c1a31,
  chair: 0x33435c,
  figure: 0x2a3950,
  skin: 0xe2b994,
  light: 0xfff4dc,
} as const

/** A seat's back by the tone of its state: [ground, ink]. */
export const SEAT: Record<Tone | 'speaking' | 'empty', readonly [ground: string, ink: string]> = {
  neutral: ['#46587a', '#ffffff'],
  info: ['#0b5cc4', '#ffffff'],
  good: ['#0b7a47', '#ffffff'],
  warn: ['#f2b632', '#16202e'],
  bad: ['#b3261e', '#ffffff'],
  speaking: ['#ffd45e', '#12284b'],
  empty: ['#3a475e', '#8d99ab'],
}
