import { describe, expect, it } from 'vitest'
import { planHall, terraces } from './layout'

describe('the seats of the 3D hall', () => {
  it.each([0, 1, 3, 7, 40, 150, 1000])('gives each of %i bidders a place of its own', (count) => {
    const { places, rows } = planHall(count)
    expect(places).toHaveLength(count)
    for (let a = 0; a < count; a += 1) {
      for (let b = a + 1; b < Math.min(count, a + 60); b += 1) {
        const one = places[a]!
        const other = places[b]!
        expect(Math.hypot(one.x - other.x, one.z - other.z)).toBeGreaterThan(1.2)
      }
    }
    expect(terraces(planHall(count))).toHaveLength(rows)
  })

  it('is symmetric, rises to the back and looks at the stage', () => {
    const { places } = planHall(12)
    expect(places[0]!.x).toBeCloseTo(-places[5]!.x)
    expect(places[11]!.y).toBeGreaterThan(places[0]!.y)
    expect(Math.sign(places[0]!.turn)).toBe(-1)
  })
})
