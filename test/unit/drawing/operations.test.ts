import { describe, expect, it } from 'vitest'
import { normalTissue, proposedMask } from '@contract'
import {
  combined,
  connectedRegion,
  edgeRuns,
  polygonMask,
  smoothed,
  squaredDistance,
  withHolesFilled,
  withMargin,
  withoutIslands,
} from '../../../src-renderer/drawing'
import { insidePolygon } from '../../../src-renderer/components/review/regions'
import { countOf, maskWhere, seeded } from './grid'

type Size = [number, number, number]
const size: Size = [40, 36, 7]
const spacing: Size = [1, 1, 5]

describe('polygon and freehand', () => {
  it('take the voxels whose centre lies inside, as the point-in-polygon rule says', () => {
    const random = seeded(3)
    for (let trial = 0; trial < 20; trial++) {
      const corners = Array.from({ length: 3 + Math.floor(random() * 9) }, (): [number, number] => [
        random() * 60 - 10,
        random() * 50 - 8,
      ])
      const expected = maskWhere([40, 36, 1], (x, y) => insidePolygon([x, y], corners))
      expect(polygonMask(size, corners)).toEqual(expected)
    }
  })

  it('of fewer than three corners enclose nothing', () => {
    const line: [number, number][] = [
      [1, 1],
      [9, 9],
    ]
    expect(countOf(polygonMask(size, line))).toBe(0)
  })
})

describe('fill and region grow', () => {
  const belongs = maskWhere(size, (x, y, z) => (x < 10 && y < 10) || (x > 20 && z === 3))

  it('take what hangs together with the seed, through the slices or in one', () => {
    const within = (at: number): boolean => belongs[at] === 1
    expect(countOf(connectedRegion(size, [5, 5, 2], 'volume', within))).toBe(10 * 10 * 7)
    expect(countOf(connectedRegion(size, [5, 5, 2], 'slice', within))).toBe(10 * 10)
    expect(countOf(connectedRegion(size, [30, 5, 3], 'volume', within))).toBe(19 * 36)
    expect(countOf(connectedRegion(size, [15, 5, 3], 'volume', within))).toBe(0)
  })

  it('do not go round the edge of the picture into the next row', () => {
    const band = maskWhere(size, (x, y) => (x > 35 && y === 4) || (x < 4 && y === 5))
    expect(countOf(connectedRegion(size, [38, 4, 0], 'volume', (at) => band[at] === 1))).toBe(4 * 7)
  })
})

describe('holes and islands', () => {
  it('holes are filled in each slice, what is open to the edge is not', () => {
    const ring = maskWhere(size, (x, y) => Math.hypot(x - 20, y - 18) <= 12 && Math.hypot(x - 20, y - 18) > 6)
    const disc = maskWhere(size, (x, y) => Math.hypot(x - 20, y - 18) <= 12)
    expect(withHolesFilled(ring, size)).toEqual(disc)
    const cup = maskWhere(
      size,
      (x, y) => x >= 5 && x <= 15 && y >= 5 && y <= 15 && !(x > 7 && x < 13 && y < 13),
    )
    expect(withHolesFilled(cup, size)).toEqual(cup)
  })

  it('islands smaller than the limit go, the others stay whole', () => {
    const large = maskWhere(size, (x, y, z) => x < 5 && y < 5 && z < 2)
    const both = combined(
      large,
      maskWhere(size, (x, y, z) => x > 30 && y > 32 && z === 6),
      'union',
    )
    expect(withoutIslands(both, size, 28)).toEqual(large)
    expect(withoutIslands(both, size, 27)).toEqual(both)
  })

  it('parts that touch at a corner are one', () => {
    const stairs = maskWhere(size, (x, y, z) => x === y && y === z)
    expect(withoutIslands(stairs, size, 7)).toEqual(stairs)
  })
})

describe('distance, margin and smoothing', () => {
  it('distance is that to the nearest voxel of the mask, on unequal spacings', () => {
    const small: Size = [9, 8, 4]
    const random = seeded(11)
    const mask = maskWhere(small, () => random() < 0.04)
    const step: Size = [0.7, 1.3, 5]
    const distance = squaredDistance(mask, small, step)
    maskWhere(small, (x, y, z) => {
      let nearest = Infinity
      maskWhere(small, (i, j, k) => {
        if (mask[(k * 8 + j) * 9 + i] === 0) return false
        const away = ((x - i) * step[0]) ** 2 + ((y - j) * step[1]) ** 2 + ((z - k) * step[2]) ** 2
        nearest = Math.min(nearest, away)
        return false
      })
      expect(distance[(z * 8 + y) * 9 + x]).toBeCloseTo(nearest, 9)
      return false
    })
  })

  it('an empty mask is far from everything and grows to nothing', () => {
    expect(countOf(withMargin(new Uint8Array(40 * 36 * 7), size, spacing, 10))).toBe(0)
  })

  it('a margin is in mm: 4 mm in the slice, and across slices only where they are that near', () => {
    const point = maskWhere(size, (x, y, z) => x === 20 && y === 18 && z === 3)
    const four = withMargin(point, size, spacing, 4)
    expect(four).toEqual(maskWhere(size, (x, y, z) => z === 3 && Math.hypot(x - 20, y - 18) <= 4))
    const five = withMargin(point, size, spacing, 5)
    expect(countOf(five)).toBe(
      countOf(maskWhere(size, (x, y, z) => z === 3 && Math.hypot(x - 20, y - 18) <= 5)) + 2,
    )
  })

  it('shrinking takes the margin back from all sides', () => {
    const box = maskWhere(size, (x, y) => x >= 5 && x <= 25 && y >= 5 && y <= 25)
    expect(withMargin(box, size, spacing, -2)).toEqual(
      maskWhere(size, (x, y) => x >= 7 && x <= 23 && y >= 7 && y <= 23),
    )
  })

  it('smoothing takes spikes and keeps a disc and its volume within 3 %', () => {
    const disc = maskWhere(size, (x, y) => Math.hypot(x - 20, y - 18) <= 12)
    const spiked = combined(
      disc,
      maskWhere(size, (x, y) => y === 18 && x > 30),
      'union',
    )
    const smooth = smoothed(spiked, size, spacing, 1.5)
    expect(Math.abs(countOf(smooth) / countOf(disc) - 1)).toBeLessThan(0.03)
    expect(smooth[(3 * 36 + 18) * 40 + 38]).toBe(0)
  })
})

describe('combining and mirroring', () => {
  it('follows the tables of the logical operations', () => {
    const [a, b] = [Uint8Array.of(0, 0, 1, 1), Uint8Array.of(0, 1, 0, 1)]
    expect([...combined(a, b, 'union')]).toEqual([0, 1, 1, 1])
    expect([...combined(a, b, 'without')]).toEqual([0, 0, 1, 0])
    expect([...combined(a, b, 'intersection')]).toEqual([0, 0, 0, 1])
    expect([...combined(a, b, 'difference')]).toEqual([0, 1, 1, 0])
  })
})

describe('proposals', () => {
  const outside = -32768
  const brain = (x: number, y: number): boolean => Math.hypot(x - 19.5, y - 18) <= 14
  const map = (value: (x: number) => number) => {
    const values = new Float32Array(40 * 36).fill(outside)
    maskWhere([40, 36, 1], (x, y) => {
      if (brain(x, y)) values[y * 40 + x] = value(x)
      return false
    })
    return { values, outside }
  }
  const cbf = map((x) => (x < 14 ? 12 : 50))
  const tmax = map((x) => (x < 14 ? 8 : 2))
  const lesion = maskWhere([40, 36, 1], (x, y) => brain(x, y) && x < 14)

  it('a relative rule compares with normal tissue: by Tmax, or the healthier half where there is none', () => {
    for (const delay of [tmax, null]) {
      const normal = normalTissue(cbf, 40, delay)
      expect(normal?.mean).toBeCloseTo(50, 5)
      const rule = { map: 'cbf', comparison: 'below', limit: 0.3, relative: true } as const
      expect(proposedMask(rule, cbf, normal?.mean ?? 0)).toEqual(lesion)
    }
    expect(normalTissue(cbf, 40, null)?.tissue).toBe('the right half of the picture')
  })

  it('an absolute rule compares with its limit, and only inside the brain', () => {
    const rule = { map: 'tmax', comparison: 'above', limit: 6, relative: false } as const
    expect(proposedMask(rule, tmax, 0)).toEqual(lesion)
    expect(countOf(proposedMask({ ...rule, comparison: 'below', limit: 100 }, tmax, 0))).toBe(
      countOf(maskWhere([40, 36, 1], brain)),
    )
  })

  it('without any normal tissue there is nothing to compare with', () => {
    expect(
      normalTissue(
        map(() => 0),
        40,
        null,
      ),
    ).toBeNull()
  })
})

describe('outlines', () => {
  it('are the edges between inside and outside, whole runs at once', () => {
    const box = maskWhere(size, (x, y, z) => z === 2 && x >= 3 && x <= 6 && y >= 4 && y <= 5)
    const runs = edgeRuns(box, size, { from: [0, 0, 2], to: [39, 35, 2] })
    expect(runs).toHaveLength(4 * 4)
    const length = Array.from({ length: runs.length / 4 }, (_, i) =>
      Math.hypot(runs[4 * i + 2] - runs[4 * i], runs[4 * i + 3] - runs[4 * i + 1]),
    ).reduce((sum, each) => sum + each, 0)
    expect(length).toBe(2 * (4 + 2))
  })
})
