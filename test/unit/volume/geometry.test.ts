import { describe, expect, it } from 'vitest'
import { affineRas, voxelToWorld, worldToVoxel } from '../../../src-main/engine/volume'
import { axial, oblique, reversed, tilted } from './grids'

const rows = (matrix: readonly (readonly number[])[], v: number[]): number[] =>
  matrix.map((row) => row.reduce((sum, value, i) => sum + value * v[i], 0))

describe('the grid in the world', () => {
  it('puts voxel (i, j, k) at origin + i·Δx·x + j·Δy·y + k·Δz·z in LPS mm', () => {
    expect(voxelToWorld(axial, [0, 0, 0])).toEqual([-120, -130, 40])
    expect(voxelToWorld(axial, [10, 20, 2])).toEqual([-120 + 4.5, -130 + 10, 50])
  })

  it('steps from slice to slice along the real, sheared axis of a tilted gantry', () => {
    // 20° about x: rows stay in the tilted plane, slices are stacked along the table (world z).
    const first = voxelToWorld(tilted, [0, 0, 0])
    const next = voxelToWorld(tilted, [0, 0, 1])
    expect([next[0] - first[0], next[1] - first[1], next[2] - first[2]]).toEqual([0, 0, 8])
  })

  it.each([
    ['axial', axial],
    ['oblique', oblique],
    ['tilted', tilted],
    ['reversed', reversed],
  ])('worldToVoxel inverts voxelToWorld (%s)', (_, grid) => {
    for (const voxel of [
      [0, 0, 0],
      [5, 3, 2],
      [1.25, 7.5, -0.5],
    ] as [number, number, number][]) {
      worldToVoxel(grid, voxelToWorld(grid, voxel)).forEach((value, i) =>
        expect(value).toBeCloseTo(voxel[i], 9),
      )
    }
  })

  it.each([
    ['axial', axial],
    ['oblique', oblique],
    ['tilted', tilted],
    ['reversed', reversed],
  ])('the RAS affine is the LPS position with x and y negated (%s)', (_, grid) => {
    const affine = affineRas(grid)
    expect(affine[3]).toEqual([0, 0, 0, 1])
    for (const voxel of [
      [0, 0, 0],
      [3, 1, 2],
      [7, 5, 3],
    ] as [number, number, number][]) {
      const [left, posterior, superior] = voxelToWorld(grid, voxel)
      const ras = rows(affine, [...voxel, 1])
      ;[-left, -posterior, superior].forEach((value, i) => expect(ras[i]).toBeCloseTo(value, 9))
    }
  })
})
