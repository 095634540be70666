import type { Vec3 } from '@contract'
import { describe, expect, it } from 'vitest'
import {
  movedVoxels,
  neighbourhood,
  outlineOf,
  unionOfVoxels,
  voxelsInside,
} from '../../../src-renderer/components/review/regions'

const size: Vec3 = [100, 80, 5]

describe('a drawn region', () => {
  it('holds the voxels whose centre lies inside', () => {
    const voxels = voxelsInside(
      outlineOf('rectangle', [
        [9.5, 19.5],
        [12.5, 21.5],
      ]),
      size,
      2,
    )
    expect(voxels).toHaveLength(3 * 2)
    expect(voxels[0]).toEqual([10, 20, 2])
    expect(voxels.at(-1)).toEqual([12, 21, 2])
  })

  it('may be drawn from any corner', () => {
    const one = voxelsInside(
      outlineOf('rectangle', [
        [9.5, 19.5],
        [12.5, 21.5],
      ]),
      size,
      2,
    )
    const other = voxelsInside(
      outlineOf('rectangle', [
        [12.5, 21.5],
        [9.5, 19.5],
      ]),
      size,
      2,
    )
    expect(other).toEqual(one)
  })

  it('has the area of its ellipse', () => {
    const voxels = voxelsInside(
      outlineOf('ellipse', [
        [20.3, 10.2],
        [60.3, 40.2],
      ]),
      size,
      0,
    )
    expect(voxels.length).toBeGreaterThan(Math.PI * 20 * 15 * 0.99)
    expect(voxels.length).toBeLessThan(Math.PI * 20 * 15 * 1.01)
  })

  it('follows a freehand line, hollows included', () => {
    const u = voxelsInside(
      [
        [0, 0],
        [10, 0],
        [10, 10],
        [7, 10],
        [7, 3],
        [3, 3],
        [3, 10],
        [0, 10],
      ],
      size,
      1,
    )
    expect(u).toContainEqual([1, 8, 1])
    expect(u).not.toContainEqual([5, 8, 1])
  })

  it('ends at the border of the grid', () => {
    const voxels = voxelsInside(
      outlineOf('rectangle', [
        [-5, -5],
        [1.5, 0.5],
      ]),
      size,
      0,
    )
    expect(voxels).toEqual([
      [0, 0, 0],
      [1, 0, 0],
    ])
  })
})

describe('vessel voxels', () => {
  it('are picked with their four neighbours inside the grid', () => {
    expect(neighbourhood([50, 40, 3], size)).toHaveLength(5)
    expect(neighbourhood([0, 0, 3], size)).toEqual([
      [0, 0, 3],
      [1, 0, 3],
      [0, 1, 3],
    ])
  })

  it('are joined without doubles', () => {
    expect(
      unionOfVoxels(
        [[1, 2, 3]],
        [
          [1, 2, 3],
          [1, 2, 4],
        ],
      ),
    ).toEqual([
      [1, 2, 3],
      [1, 2, 4],
    ])
  })

  it('move together, and not out of the picture', () => {
    expect(
      movedVoxels(
        [
          [1, 1, 0],
          [2, 1, 0],
        ],
        3,
        -1,
        size,
      ),
    ).toEqual([
      [4, 0, 0],
      [5, 0, 0],
    ])
    expect(movedVoxels([[1, 1, 0]], -2, 0, size)).toBeNull()
  })
})
