import { describe, expect, it } from 'vitest'
import { LANES, createVectorUnit } from '../../../src-main/engine/compute/vectorUnit'
import { createBlockReader } from '../../../src-main/engine/perfusion/blockReader'
import { createSimilarityFilter } from '../../../src-main/engine/perfusion/similarityFilter'
import type { SeriesView } from '../../../src-main/engine/volume/seriesView'
import { gaussianNoise } from './kudo'

const [NX, NY, FRAMES, BASELINE] = [70, 9, 12, 3]
const NOISE = 1.5
/** Two orthonormal directions of curves of 12 frames that are 0 over the baseline. */
const basis = new Float64Array(2 * FRAMES)
for (let t = BASELINE; t < FRAMES; t++) {
  basis[t] = 1 / 3
  basis[FRAMES + t] = ((t - 7) / Math.sqrt(60)) as number
}
const space = { rank: 2, frames: FRAMES, basis, offset: Float64Array.of(3, 0) }

/** Two tissues side by side, noise, a ragged mask. */
function scene(): { view: SeriesView; mask: Uint8Array; signal: (x: number, y: number) => number[] } {
  const random = gaussianNoise(3)
  const area = NX * NY
  const voxels = new SharedArrayBuffer(2 * area * FRAMES)
  const stored = new Int16Array(voxels)
  for (let t = 0; t < FRAMES; t++) {
    for (let i = 0; i < area; i++) {
      const bright = i % NX > 30
      const enhancement = t < BASELINE ? 0 : bright ? 12 : 5 - 0.3 * t
      stored[t * area + i] = Math.round(2 * (1024 + (bright ? 38 : 30) + enhancement + NOISE * random()))
    }
  }
  const size: [number, number, number] = [NX, NY, 1]
  const view: SeriesView = {
    ...{ voxels, type: 'int16', byteOffset: 0, size, frames: FRAMES, slope: 0.5, intercept: -1024 },
    echoTime: null,
  }
  const mask = Uint8Array.from({ length: area }, (_, i) => ((i * 7) % 11 < 8 && i % NX !== 69 ? 1 : 0))
  const signal = (x: number, y: number): number[] =>
    Array.from({ length: FRAMES }, (_, t) => 0.5 * stored[t * area + y * NX + x] - 1024)
  return { view, mask, signal }
}

/** The average as the filter's description has it, voxel by voxel in float64. */
function expected({ mask, signal }: ReturnType<typeof scene>, x: number, y: number): number[] {
  const describe = (i: number, j: number): { baseline: number; coordinates: number[] } => {
    const curve = signal(i, j)
    const baseline = curve.slice(0, BASELINE).reduce((a, b) => a + b) / BASELINE
    const coordinates = [0, 1].map((r) =>
      curve.reduce((sum, value, t) => sum + basis[r * FRAMES + t] * (value - baseline), 0),
    )
    return { baseline, coordinates }
  }
  const variance = 2 * NOISE * NOISE
  const along = 9 / BASELINE
  const spread = 1.5 * Math.sqrt(2 * (2 - 1 + 1 + (1 + along) ** 2))
  const own = describe(x, y)
  let total = 0
  const sums = [0, 0]
  for (let j = y - 2; j <= y + 2; j++) {
    for (let i = x - 2; i <= x + 2; i++) {
      const square = (i - x) ** 2 + (j - y) ** 2
      if (square > 4 || i < 0 || j < 0 || i >= NX || j >= NY || mask[j * NX + i] === 0) continue
      const other = describe(i, j)
      const apart =
        own.coordinates.reduce((sum, value, r) => sum + (value - other.coordinates[r]) ** 2, 0) / variance +
        (own.baseline - other.baseline) ** 2 / (variance / BASELINE + 8)
      const excess = Math.max(0, (apart - (2 + along + 1)) / spread)
      if (excess > 4) continue
      const share = Math.exp(-square / 2) * Math.exp(-0.5 * excess * excess)
      total += share
      other.coordinates.forEach((value, r) => (sums[r] += share * value))
    }
  }
  return sums.map((sum) => sum / total)
}

describe('the average of similar neighbours', () => {
  const world = scene()
  const averaged = (rows: [number, number][]): Map<number, number[]> => {
    const unit = createVectorUnit()
    const reader = createBlockReader(unit, FRAMES)
    const averaging = { sigma: 1, spacing: [1, 1] as [number, number], noise: NOISE, compareBaseline: true }
    const filter = createSimilarityFilter(unit, space, averaging, reader)
    const found = new Map<number, number[]>()
    for (const [fromRow, toRow] of rows) {
      const source = { ...world, slice: 0, baselineFrames: BASELINE, fromRow, toRow }
      filter.eachBlock(source, (voxels) => {
        const values = filter.averaged.floats
        voxels.forEach((voxel, i) => {
          if (voxel >= 0) found.set(voxel, [values[i], values[LANES + i]])
        })
      })
    }
    return found
  }
  const whole = averaged([[0, NY]])

  it('is that of its definition in every voxel of the mask, and nowhere else', () => {
    expect(whole.size).toBe(world.mask.reduce((sum, value) => sum + value, 0))
    for (const [voxel, values] of whole) {
      const reference = expected(world, voxel % NX, Math.floor(voxel / NX))
      values.forEach((value, r) => expect(Math.abs(value - reference[r])).toBeLessThan(3e-5))
    }
  })

  it('does not depend on the rows a worker is given', () => {
    const inParts = averaged([
      [5, NY],
      [0, 4],
      [4, 5],
    ])
    expect(inParts).toEqual(whole)
  })
})
