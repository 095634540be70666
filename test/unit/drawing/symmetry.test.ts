import { describe, expect, it } from 'vitest'
import { middleColumn, mirroredMask, mirroredPoint, sideMeans } from '../../../src-renderer/drawing'
import { countOf, maskWhere } from './grid'

type Size = [number, number, number]
const size: Size = [120, 140, 5]
const spacing: Size = [1.2, 1, 5]
const radians = (degrees: number): number => (degrees * Math.PI) / 180

describe('the other side', () => {
  const plane = { column: 57.3, tilt: radians(8), lean: radians(-5) }

  it('of the other side is the same place, on unequal spacings too', () => {
    const [x, y, z] = mirroredPoint(plane, size, spacing, mirroredPoint(plane, size, spacing, [31, 102, 3]))
    expect([x, y, z]).toEqual([expect.closeTo(31, 9), expect.closeTo(102, 9), expect.closeTo(3, 9)])
  })

  it('lies as far from the plane, in mm', () => {
    const away = ([u, v, w]: Size): number => {
      const flat = (u - plane.column) * spacing[0] * Math.cos(plane.tilt) + (v - 69.5) * Math.sin(plane.tilt)
      return flat * Math.cos(plane.lean) + (w - 2) * spacing[2] * Math.sin(plane.lean)
    }
    const other = mirroredPoint(plane, size, spacing, [80, 30, 3])
    expect(away(other)).toBeCloseTo(-away([80, 30, 3]), 9)
    expect(away([middleColumn(plane, size, spacing, 12, 4), 12, 4])).toBeCloseTo(0, 9)
  })

  it('of a mask about an upright plane is its mirror image, slice by slice', () => {
    const left = maskWhere(size, (x, y, z) => x > 9 && x < 20 && y > 40 && y < 90 && z > 1)
    const upright = { column: 59.5, tilt: 0, lean: 0 }
    const right = mirroredMask(left, size, spacing, upright)
    expect(right).toEqual(maskWhere(size, (x, y, z) => x > 99 && x < 110 && y > 40 && y < 90 && z > 1))
    expect(mirroredMask(right, size, spacing, upright)).toEqual(left)
  })

  it('of a mask about a tilted plane keeps its volume within a few per cent', () => {
    const disc = maskWhere(size, (x, y) => Math.hypot((x - 85) * 1.2, y - 60) < 14)
    const other = mirroredMask(disc, size, spacing, { ...plane, lean: 0 })
    expect(Math.abs(countOf(other) / countOf(disc) - 1)).toBeLessThan(0.03)
  })

  it('of a head that leans lies on another slice', () => {
    // 40 mm from a plane that leans by 5 degrees: 2 · 40 · sin 5° = 7 mm, between one and two slices of 5 mm.
    const point = mirroredPoint({ column: 59.5, tilt: 0, lean: radians(5) }, size, spacing, [
      59.5 + 40 / 1.2,
      70,
      2,
    ])
    expect(point[2]).toBeCloseTo(2 - (2 * 40 * Math.cos(radians(5)) * Math.sin(radians(5))) / 5, 9)
    const ball = maskWhere(size, (x, y, z) => Math.hypot((x - 85) * 1.2, y - 60) < 14 && z === 2)
    const other = mirroredMask(ball, size, spacing, { column: 59.5, tilt: 0, lean: radians(5) })
    const drawn = [0, 1, 2, 3, 4].map((z) => countOf(other.subarray(z * 120 * 140, (z + 1) * 120 * 140)))
    expect(drawn[2]).toBe(0)
    expect(drawn[1]).toBeGreaterThan(0.7 * countOf(ball))
  })

  it('is compared by its mean, without what is no brain and without the structure itself', () => {
    const structure = Uint8Array.from([1, 1, 1, 0, 0, 0])
    const other = Uint8Array.from([0, 0, 1, 1, 1, 1])
    const values = [10, 20, 30, 60, 80, -1]
    expect(sideMeans({ values, outside: -1 }, structure, other)).toEqual({ here: 20, there: 70 })
    expect(sideMeans({ values, outside: -1 }, structure, structure)).toBeNull()
  })
})
