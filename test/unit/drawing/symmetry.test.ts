import { describe, expect, it } from 'vitest'
import { midPlaneOf, mirroredMask, mirroredPoint, sideMeans } from '../../../src-renderer/drawing'
import { countOf, maskWhere } from './grid'

type Size = [number, number, number]
const size: Size = [120, 140, 5]
const spacing: Size = [1.2, 1, 5]
const radians = (degrees: number): number => (degrees * Math.PI) / 180

/** A head like an egg, wider behind than in front, turned by `tilt` degrees about (`column`, middle row). */
function brain(column: number, tilt: number): Uint8Array {
  const [cos, sin] = [Math.cos(radians(tilt)), Math.sin(radians(tilt))]
  return maskWhere(size, (x, y) => {
    const [right, down] = [(x - column) * spacing[0], (y - 69.5) * spacing[1]]
    const [across, along] = [right * cos + down * sin, down * cos - right * sin]
    const width = 42 + 8 * (along / 55)
    return Math.abs(along) < 55 && (across / width) ** 2 + (along / 55) ** 2 <= 1
  })
}

describe('the middle of a brain', () => {
  it.each([
    [59.5, 0],
    [55, 6],
    [66.5, -11],
    [62, 14],
  ])('at column %s, turned by %s degrees, is found', (column, tilt) => {
    const mask = brain(column, tilt)
    const plane = midPlaneOf((at) => mask[at] === 1, size, spacing)
    expect(Math.abs((plane?.column ?? 0) - column)).toBeLessThan(0.6)
    expect(Math.abs((plane?.tilt ?? 9) - radians(tilt))).toBeLessThan(radians(1.5))
  })

  it('is found although a part of one half is missing', () => {
    const mask = brain(60, 5).map((inside, at) => {
      const [x, y] = [at % 120, Math.floor(at / 120) % 140]
      return inside === 1 && !(x > 85 && y > 50 && y < 90) ? 1 : 0
    })
    const plane = midPlaneOf((at) => mask[at] === 1, size, spacing)
    expect(Math.abs((plane?.column ?? 0) - 60)).toBeLessThan(1.5)
    expect(Math.abs((plane?.tilt ?? 9) - radians(5))).toBeLessThan(radians(3))
  })

  it('of nothing is none', () => {
    expect(midPlaneOf(() => false, size, spacing)).toBeNull()
  })
})

describe('the other side', () => {
  const plane = { column: 57.3, tilt: radians(8) }

  it('of the other side is the same place, on unequal spacings too', () => {
    const [x, y] = mirroredPoint(plane, size, spacing, mirroredPoint(plane, size, spacing, [31, 102]))
    expect([x, y]).toEqual([expect.closeTo(31, 9), expect.closeTo(102, 9)])
  })

  it('lies as far from the plane, in mm', () => {
    const [x, y] = [80, 30]
    const [i, j] = mirroredPoint(plane, size, spacing, [x, y])
    const away = (u: number, v: number): number =>
      (u - plane.column) * spacing[0] * Math.cos(plane.tilt) + (v - 69.5) * Math.sin(plane.tilt)
    expect(away(i, j)).toBeCloseTo(-away(x, y), 9)
  })

  it('of a mask about an upright plane is its mirror image, slice by slice', () => {
    const left = maskWhere(size, (x, y, z) => x > 9 && x < 20 && y > 40 && y < 90 && z > 1)
    const upright = { column: 59.5, tilt: 0 }
    const right = mirroredMask(left, size, spacing, upright)
    expect(right).toEqual(maskWhere(size, (x, y, z) => x > 99 && x < 110 && y > 40 && y < 90 && z > 1))
    expect(mirroredMask(right, size, spacing, upright)).toEqual(left)
  })

  it('of a mask about a tilted plane keeps its volume within a few per cent', () => {
    const disc = maskWhere(size, (x, y) => Math.hypot((x - 85) * 1.2, y - 60) < 14)
    const other = mirroredMask(disc, size, spacing, plane)
    expect(Math.abs(countOf(other) / countOf(disc) - 1)).toBeLessThan(0.03)
  })

  it('is compared by its mean, without what is no brain and without the structure itself', () => {
    const structure = Uint8Array.from([1, 1, 1, 0, 0, 0])
    const other = Uint8Array.from([0, 0, 1, 1, 1, 1])
    const values = [10, 20, 30, 60, 80, -1]
    expect(sideMeans({ values, outside: -1 }, structure, other)).toEqual({ here: 20, there: 70 })
    expect(sideMeans({ values, outside: -1 }, structure, structure)).toBeNull()
  })
})
