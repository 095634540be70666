import { describe, expect, it } from 'vitest'
import { interpolateContours } from '../../../src-main/engine/segmentation'
import { countOf, maskWhere } from '../drawing/grid'

type Size = [number, number, number]
const size: Size = [40, 36, 7]
const spacing: Size = [1, 1, 5]
const area = 40 * 36

const disc = (z: number, radius: number, [cx, cy] = [20, 18]): Uint8Array =>
  maskWhere(size, (x, y, k) => k === z && Math.hypot(x - cx, y - cy) <= radius)
const both = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((inside, at) => inside | b[at])
const radiusOf = (mask: Uint8Array, z: number): number =>
  Math.sqrt(countOf(mask.subarray(z * area, (z + 1) * area)) / Math.PI)

async function filled(mask: Uint8Array): Promise<Uint8Array> {
  const whole = mask.slice()
  for (const [start, length] of await interpolateContours(mask, size, spacing)) {
    expect(whole.subarray(start, start + length).every((inside) => inside === 0)).toBe(true)
    whole.fill(1, start, start + length)
  }
  return whole
}

describe('interpolation between slices', () => {
  it('puts discs of the radii between a small and a large one, and nothing beyond them', async () => {
    const whole = await filled(both(disc(1, 4), disc(5, 12)))
    for (const [z, radius] of [
      [1, 4],
      [2, 6],
      [3, 8],
      [4, 10],
      [5, 12],
    ]) {
      expect(Math.abs(radiusOf(whole, z) - radius), `slice ${z}`).toBeLessThan(1)
    }
    expect([radiusOf(whole, 0), radiusOf(whole, 6)]).toEqual([0, 0])
  })

  it('joins an outline with both parts it branches into', async () => {
    const branches = both(disc(5, 4, [13, 18]), disc(5, 4, [27, 18]))
    const whole = await filled(both(disc(1, 11), branches))
    // On the slice just below the branches there are two parts, or one with a waist between them.
    const row = (x: number): number => whole[(4 * 36 + 18) * 40 + x]
    expect([row(13), row(27)]).toEqual([1, 1])
    const narrow = maskWhere(size, (x, _y, z) => z === 4 && x === 20).map((on, at) => on & whole[at])
    const wide = maskWhere(size, (x, _y, z) => z === 4 && x === 13).map((on, at) => on & whole[at])
    expect(countOf(narrow)).toBeLessThan(countOf(wide))
  })

  it('of neighbouring slices, of one slice and of nothing adds nothing', async () => {
    for (const mask of [both(disc(2, 4), disc(3, 6)), disc(3, 5), new Uint8Array(area * 7)]) {
      expect(await interpolateContours(mask, size, spacing)).toEqual([])
    }
  })

  it('refuses a mask that is not of its grid', async () => {
    await expect(interpolateContours(new Uint8Array(7), size, spacing)).rejects.toMatchObject({
      code: 'invalid-request',
    })
  })
})
