import { describe, expect, it } from 'vitest'
import { moved } from './roving'

describe('moving among seats', () => {
  const layout = { count: 10, columns: 4, page: 2 }
  it.each([
    ['ArrowRight', false, 3, 4],
    ['ArrowLeft', false, 0, 0],
    ['ArrowDown', false, 1, 5],
    ['ArrowDown', false, 7, 7],
    ['ArrowUp', false, 1, 1],
    ['ArrowUp', false, 9, 5],
    ['Home', false, 6, 4],
    ['End', false, 9, 9],
    ['Home', true, 6, 0],
    ['End', true, 2, 9],
    ['PageDown', false, 1, 9],
    ['PageUp', false, 9, 1],
    ['x', false, 3, null],
  ])('%s (control %s) from %i to %s', (key, control, at, to) => expect(moved(key, control, at, layout)).toBe(to))
})
