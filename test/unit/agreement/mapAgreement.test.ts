import { describe, expect, it } from 'vitest'
import { compareMaps, jointHistogram, type MapPair } from '../../../src-main/engine/agreement'

const [nx, ny, nz] = [23, 17, 3]
const indices = Array.from({ length: nx * ny * nz }, (_, i) => i)
const reference = Float32Array.from(
  indices,
  (i) => 40 + 25 * Math.sin(i * 0.37) + 10 * Math.cos((i % nx) * 0.9),
)
const pair: MapPair = {
  reference,
  map: Float32Array.from(indices, (i) => reference[i] * 0.9 + 6 * Math.sin(i * 1.3) + 2),
  // A slice without any voxel of the mask, and holes in the others.
  mask: Uint8Array.from(indices, (i) => Number((i * 7) % 5 !== 0 && Math.floor(i / (nx * ny)) !== 1)),
  size: [nx, ny, nz],
}

/** Of scikit-image 0.26 (structural_similarity with Gaussian weights, peak_signal_noise_ratio) and SciPy 1.17. */
const golden = {
  dynamicRange: 68.91166257858276,
  study: {
    voxels: 625,
    bias: -2.045098900985718,
    mae: 4.276065627670288,
    rmse: 5.096951126123356,
    psnr: 22.619645174067976,
    ssim: 0.9656265693145953,
    pearson: 0.9705727804758445,
  },
  last: {
    voxels: 313,
    bias: -1.9184457692094505,
    mae: 4.234065192195173,
    rmse: 5.0513812730776255,
    psnr: 22.697651561556405,
    ssim: 0.9656143381159591,
    pearson: 0.9704843074648641,
  },
}

const expectEqual = (ours: object, theirs: Record<string, number>): void => {
  for (const [name, value] of Object.entries(theirs)) {
    expect(Reflect.get(ours, name), name).toBeCloseTo(value, 9)
  }
}

describe('the agreement of two maps', () => {
  it('has the figures of scikit-image and SciPy, over the study and over a slice', async () => {
    const { study, slices, dynamicRange } = await compareMaps(pair)
    expect(dynamicRange).toBeCloseTo(golden.dynamicRange, 9)
    expectEqual(study, golden.study)
    expectEqual(slices[2], golden.last)
  })

  it('has no value where there is nothing to compare', async () => {
    const { slices } = await compareMaps(pair)
    expect(slices[1]).toEqual({
      voxels: 0,
      bias: null,
      mae: null,
      rmse: null,
      psnr: null,
      ssim: null,
      pearson: null,
    })
  })

  it('of a map with itself is perfect, and its signal-to-noise ratio is not a number but infinite', async () => {
    const { study } = await compareMaps({ ...pair, map: pair.reference })
    expect(study).toMatchObject({ bias: 0, mae: 0, rmse: 0, psnr: null })
    expect(study.ssim).toBeCloseTo(1, 12)
    expect(study.pearson).toBeCloseTo(1, 12)
  })

  it('of a constant map has no correlation', async () => {
    const { study } = await compareMaps({ ...pair, map: new Float32Array(indices.length).fill(40) })
    expect(study.pearson).toBeNull()
    expect(study.mae).toBeGreaterThan(0)
  })
})

describe('the joint histogram', () => {
  it('counts each voxel of the mask once, the map along rows and the reference down columns', () => {
    const small: MapPair = {
      map: Float32Array.of(0, 10, 20, 99, -5, 7),
      reference: Float32Array.of(0, 0, 10, 29, 10, 7),
      mask: Uint8Array.of(1, 1, 1, 1, 1, 0),
      size: [3, 1, 2],
    }
    expect(jointHistogram(small, null, { lower: 0, upper: 30 }, 3).counts).toEqual([
      1, 1, 0, 1, 0, 1, 0, 0, 1,
    ])
    expect(jointHistogram(small, 0, { lower: 0, upper: 30 }, 3).counts).toEqual([1, 1, 0, 0, 0, 1, 0, 0, 0])
  })
})
