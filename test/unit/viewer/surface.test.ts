import { describe, expect, it, vi } from 'vitest'
import type { Geometry, Vec3 } from '@contract'
import { partOf, surfaceOf, type MaskPart, type Surface } from '../../../src-renderer/viewer/surface'
import { gridOf, maskWhere } from '../drawing/grid'

// vtk.js times itself on the console.
vi.spyOn(console, 'time').mockImplementation(() => undefined)
vi.spyOn(console, 'timeEnd').mockImplementation(() => undefined)

type Size = [number, number, number]
const size: Size = [48, 40, 9]
const tilted: Geometry = { ...gridOf(size, [1, 1, 5]), origin: [-20, 30, 7] }

/** What closed triangles enclose, mm³ (divergence theorem); positive where they face outwards. */
function enclosed({ points, polys }: Surface): number {
  const corner = (index: number): Vec3 => [points[3 * index], points[3 * index + 1], points[3 * index + 2]]
  let six = 0
  for (let at = 0; at < polys.length; at += 4) {
    const [a, b, c] = [1, 2, 3].map((step) => corner(polys[at + step]))
    six +=
      a[0] * (b[1] * c[2] - b[2] * c[1]) -
      a[1] * (b[0] * c[2] - b[2] * c[0]) +
      a[2] * (b[0] * c[1] - b[1] * c[0])
  }
  return six / 6
}

const surface = (mask: Uint8Array): Surface => surfaceOf(partOf(mask, size) as MaskPart, tilted)

describe('the surface of a structure', () => {
  const ball = maskWhere(size, (x, y, z) => Math.hypot(x - 24, y - 20, (z - 4) * 5) <= 15)

  it('encloses about the volume of its voxels, where they lie in the patient', () => {
    const made = surface(ball)
    const voxels = ball.reduce((sum, one) => sum + one, 0) * 5
    expect(Math.abs(Math.abs(enclosed(made)) / voxels - 1)).toBeLessThan(0.12)
    const middle = [0, 1, 2].map((axis) => {
      const along = made.points.filter((_, at) => at % 3 === axis)
      return (Math.min(...along) + Math.max(...along)) / 2
    })
    expect(middle[0]).toBeCloseTo(-20 + 24, 0)
    expect(middle[1]).toBeCloseTo(30 + 20, 0)
    expect(middle[2]).toBeCloseTo(7 + 20, 0)
  })

  it('is closed: every edge belongs to two triangles, at the border of the grid too', () => {
    for (const mask of [ball, maskWhere(size, (x, y, z) => x < 7 && y > 30 && z < 2)]) {
      const edges = new Map<string, number>()
      const { polys } = surface(mask)
      for (let at = 0; at < polys.length; at += 4) {
        const [a, b, c] = polys.subarray(at + 1, at + 4)
        for (const [from, to] of [
          [a, b],
          [b, c],
          [c, a],
        ]) {
          const edge = from < to ? `${from} ${to}` : `${to} ${from}`
          edges.set(edge, (edges.get(edge) ?? 0) + 1)
        }
      }
      expect(edges.size).toBeGreaterThan(10)
      expect([...new Set(edges.values())]).toEqual([2])
    }
  })

  it('of a single voxel is there', () => {
    const made = surface(maskWhere(size, (x, y, z) => x === 5 && y === 6 && z === 7))
    expect(made.polys.length).toBeGreaterThan(0)
    expect(made.points.every(Number.isFinite)).toBe(true)
  })

  it('has a normal for every point, pointing away from the inside', () => {
    const { points, normals } = surface(ball)
    expect(normals).toHaveLength(points.length)
    const centre = [4, 50, 27]
    let outwards = 0
    for (let at = 0; at < points.length; at += 3) {
      const away = [0, 1, 2].reduce(
        (sum, axis) => sum + normals[at + axis] * (points[at + axis] - centre[axis]),
        0,
      )
      if (away > 0) outwards++
    }
    const share = outwards / (points.length / 3)
    expect(Math.max(share, 1 - share)).toBeGreaterThan(0.95)
  })

  it('of nothing is none; of every second voxel it lies in the same place', () => {
    expect(partOf(new Uint8Array(48 * 40 * 9), size)).toBeNull()
    const coarse = surfaceOf(partOf(ball, size, [2, 2, 1]) as MaskPart, tilted)
    expect(Math.abs(enclosed(coarse) / enclosed(surface(ball)) - 1)).toBeLessThan(0.15)
  })
})
