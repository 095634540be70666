import { describe, expect, it } from 'vitest'
import type { Geometry } from '@contract'
import {
  cohenKappa,
  countVoxels,
  overlapOf,
  shapeOf,
  staple,
  surfaceDistances,
  type SurfaceDistances,
} from '../../../src-main/engine/agreement'
import { bcaInterval, bootstrap, percentileInterval } from '../../../src-main/engine/agreement/bootstrap'
import { nearestSquares, squaredDistances } from '../../../src-main/engine/agreement/distanceTransform'
import { expectAlike, golden, maskOf } from './golden'

const axes: Geometry['direction'] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
]
const gridOf = (
  part: Pick<Geometry, 'size' | 'spacing'> & { direction?: Geometry['direction'] },
): Geometry => ({
  size: part.size,
  spacing: part.spacing,
  origin: [0, 0, 0],
  direction: part.direction ?? axes,
  frameOfReference: '',
})

function distancesOf(first: Uint8Array, second: Uint8Array, geometry: Geometry): SurfaceDistances | null {
  const within = first.map((inside, i) => inside | second[i])
  const [a, b] = [first, second].map((mask) => shapeOf(mask, geometry.size, geometry, () => within))
  return a && b ? surfaceDistances(a, b) : null
}

describe.each(golden.masks)('two masks, $name', ({ size, spacing, ...expected }) => {
  const [first, second] = [maskOf(expected.first), maskOf(expected.second)]
  const { dice, jaccard, sensitivity, precision } = expected
  it('Dice as SimpleITK; Jaccard, sensitivity and precision as scikit-learn', () =>
    expectAlike(overlapOf(countVoxels(first, second)), { dice, jaccard, sensitivity, precision }))
  it("Cohen's κ as scikit-learn", () => expectAlike(cohenKappa(countVoxels(first, second)), expected.kappa))
  it('distances as MedPy, scipy and SimpleITK', () => {
    const distances = distancesOf(first, second, gridOf({ size, spacing }))
    if (!expected.distances) return expect(distances).toBeNull()
    const { hausdorffItk, ...exact } = expected.distances
    expectAlike(distances, exact)
    // ITK computes in single precision.
    expectAlike(distances?.hausdorffSets, hausdorffItk, 1e-6)
  })
})

describe('distances', () => {
  it.each(golden.transforms)(
    'from the nearest marked voxel as scipy, $name',
    ({ marked, size, spacing, distances }) => {
      const squares = squaredDistances(maskOf(marked), size, spacing)
      expectAlike(Array.from(squares, Math.sqrt), distances)
    },
  )
  it.each([
    { what: 'few voxels', share: 0.02 },
    { what: 'many voxels', share: 0.3 },
  ])('searched voxel by voxel are the transform’s, bit for bit, among $what', ({ share }) => {
    const size: [number, number, number] = [23, 17, 9]
    const marked = scattered(23 * 17 * 9, share)
    const all = squaredDistances(marked, size, [0.7, 0.9, 4])
    const square = nearestSquares(marked, size, [0.7, 0.9, 4])
    // Twice: the second time the search has given way to the transform.
    for (let round = 0; round < 2; round++) {
      expect(Float64Array.from(marked, (_, at) => square(at))).toEqual(all)
    }
  })
  it('that are near enough are told as near enough, farther ones exactly', () => {
    const marked = scattered(23 * 17 * 9, 0.01)
    const all = squaredDistances(marked, [23, 17, 9], [1, 1, 3])
    const square = nearestSquares(marked, [23, 17, 9], [1, 1, 3])
    for (let at = 0; at < marked.length; at += 7) {
      if (all[at] > 9) expect(square(at, 9)).toBe(all[at])
      else expect(square(at, 9)).toBeLessThanOrEqual(9)
    }
  })
  it('on sheared slices as between all pairs of voxels', () => {
    const { first, second, hausdorff, averageSymmetric } = golden.sheared
    const distances = distancesOf(maskOf(first), maskOf(second), gridOf(golden.sheared))
    expectAlike(distances, { hausdorff, averageSymmetric })
  })
  it('are infinite where nothing is marked', () => {
    expect(squaredDistances(new Uint8Array(24), [2, 3, 4], [1, 1, 1]).every((d) => d === Infinity)).toBe(true)
  })
})

/** 0 and 1, always the same. */
function scattered(length: number, share: number): Uint8Array {
  let state = 1
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state < share * 2 ** 32 ? 1 : 0
  })
}

describe('voxels are counted', () => {
  it.each([0, 1, 4, 13])('alike wherever a mask lies in its buffer (from byte %i on)', (from) => {
    const [first, second] = [scattered(1021, 0.4), scattered(1021, 0.2).reverse()]
    // Any value but 0 is inside.
    const buffer = new Uint8Array(1021 + from)
    buffer.set(
      first.map((inside, i) => inside * (1 + (i % 255))),
      from,
    )
    let [a, b, both] = [0, 0, 0]
    first.forEach((inside, i) => ((a += inside), (b += second[i]), (both += inside & second[i])))
    expect(countVoxels(buffer.subarray(from), second)).toEqual({ first: a, second: b, both, total: 1021 })
  })
})

describe('STAPLE', () => {
  it.each(golden.staple)('as SimpleITK, $name', ({ patterns, counts, raters, ...expected }) => {
    const { probability, sensitivity, specificity } = expected
    expectAlike(staple(patterns, counts, raters), { probability, sensitivity, specificity })
  })
  it('has no consensus where nobody, or everybody everywhere, marked anything', () => {
    expect(staple([0], [100], 3)).toBeNull()
    expect(staple([7], [100], 3)).toBeNull()
  })
})

describe('bootstrap', () => {
  it.each(golden.bootstrap)('intervals of a distribution as scipy, $name', (peer) => {
    expectAlike(percentileInterval(peer.distribution), peer.percentile)
    expectAlike(bcaInterval(peer.distribution, peer.estimate, peer.jackknife), peer.bca)
  })
  const { sample } = golden.bootstrap[0]
  const mean = (indices: Int32Array): number =>
    indices.reduce((sum, index) => sum + sample[index], 0) / indices.length

  it('draws the same with the same seed, other with another', () => {
    const drawn = [7, 7, 8].map((seed) => bootstrap(sample.length, mean, { resamples: 500, seed }))
    expect(drawn[0]).toEqual(drawn[1])
    expect(drawn[0]).not.toEqual(drawn[2])
  })
  it('comes near the intervals that scipy drew', () => {
    const drawn = bootstrap(sample.length, mean, { resamples: 20000, seed: 1 })
    expectAlike(drawn?.percentile, golden.bootstrap[0].percentile, 0.01)
    expectAlike(drawn?.bca, golden.bootstrap[0].bca, 0.01)
  })
  it('has no interval of one case, and none of width where all cases are equal', () => {
    expect(bootstrap(1, () => 0.8, { resamples: 100, seed: 1 })).toBeNull()
    expect(bootstrap(4, () => 0.8, { resamples: 100, seed: 1 })).toEqual({
      percentile: { lower: 0.8, upper: 0.8 },
      bca: null,
    })
  })
})
