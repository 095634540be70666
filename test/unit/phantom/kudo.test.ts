import { beforeAll, describe, expect, it } from 'vitest'
import {
  makePhantom,
  phantomOptions,
  phantomTruth,
  type Phantom,
  type PhantomTruth,
} from '../../../src-main/engine/phantom'

describe('the Kudo phantom', () => {
  let phantom: Phantom
  let truth: PhantomTruth
  const at = (row: number, column: number, slice: number): number => (slice * 512 + row) * 512 + column
  /** The middle of a tile, from 0. */
  const tile = (row: number, column: number, slice: number): number =>
    at(144 + 32 * row + 16, 144 + 32 * column + 16, slice)

  beforeAll(async () => {
    phantom = await makePhantom(phantomOptions({ kind: 'kudo' }))
    truth = phantomTruth(phantom)
  })

  it('is 512 × 512 × 6 with 30 time points every 2 s', () => {
    expect(phantom.geometry.size).toEqual([512, 512, 6])
    expect(phantom.frames).toBe(30)
    expect(phantom.times[29 * 6]).toBe(58)
  })

  it('has the published flow, transit time and delay in every tile', () => {
    const transit = [24, 12, 8, 6, 4.8, 4, 24 / 7]
    for (let cbv = 1; cbv <= 5; cbv++) {
      for (let row = 0; row < 7; row++) {
        for (let column = 0; column < 7; column++) {
          const voxel = tile(row, column, cbv)
          expect(truth.maps.cbv[voxel]).toBe(cbv)
          expect(truth.maps.mtt[voxel]).toBeCloseTo(transit[column], 5)
          expect(truth.maps.delay[voxel]).toBe(0.5 * row)
          expect(truth.maps.cbf[voxel]).toBeCloseTo([2.5, 5, 7.5, 10, 12.5, 15, 17.5][column] * cbv, 4)
          expect(truth.maps.tmax[voxel]).toBeCloseTo(0.5 * row + transit[column] / 2, 5)
        }
      }
    }
  })

  it('changes from tile to tile every 32 pixels and is empty outside', () => {
    expect(truth.maps.mtt[at(144, 144, 1)]).toBe(24)
    expect(truth.maps.mtt[at(144, 175, 1)]).toBe(24)
    expect(truth.maps.mtt[at(144, 176, 1)]).toBe(12)
    expect(truth.maps.delay[at(176, 144, 1)]).toBe(0.5)
    expect(truth.mask[at(143, 144, 1)]).toBe(0)
    expect(truth.mask[at(367, 367, 5)]).toBe(1)
    expect(truth.mask[at(368, 367, 5)]).toBe(0)
    expect(truth.mask.reduce((sum, value) => sum + value, 0)).toBe(5 * 224 * 224)
  })

  it('has the artery in an 8 × 8 and the vein in a 16 × 16 block of the first slice', () => {
    const marked = (mask: Uint8Array): number[] =>
      Array.from(mask.keys()).filter((voxel) => mask[voxel] === 1)
    expect(marked(truth.aif)[0]).toBe(at(123, 251, 0))
    expect(marked(truth.aif)).toHaveLength(64)
    expect(marked(truth.vof)[0]).toBe(at(410, 247, 0))
    expect(marked(truth.vof)).toHaveLength(256)
  })

  it('keeps its tiles at half the size', async () => {
    const small = await makePhantom(phantomOptions({ kind: 'kudo', size: 256, slices: 3 }))
    const { maps, mask } = phantomTruth(small)
    expect(mask.reduce((sum, value) => sum + value, 0)).toBe(2 * 112 * 112)
    expect(maps.mtt[(1 * 256 + 72) * 256 + 72]).toBe(24)
    expect(maps.mtt[(2 * 256 + 183) * 256 + 183]).toBeCloseTo(24 / 7, 5)
    expect(maps.cbv[(2 * 256 + 183) * 256 + 183]).toBe(2)
  })
})
