import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { translateKernels } from '../../../build/kernels.mjs'
import { findArrival } from '../../../src-main/engine/perfusion/arrival'
import { growBrain, keepBrain, outlineBrain, type BrainSearch } from '../../../src-main/engine/masks/brain'
import { invertCirculant, plainColumn, simpsonColumn } from '../../../src-main/engine/perfusion/circulant'
import type { TruncatedInverse } from '../../../src-main/engine/perfusion/inverse'
import { LANES, createBlockProduct, createVectorUnit } from '../../../src-main/engine/compute/vectorUnit'
import { multiply } from '../../../src-main/engine/perfusion/matrices'
import { componentCounts, oscillationIndex } from '../../../src-main/engine/perfusion/oscillation'
import {
  leadingHalfMaximum,
  refinePeak,
  residueWindow,
  type Peak,
} from '../../../src-main/engine/perfusion/residue'
import { smoothCurve, smoothingMatrix } from '../../../src-main/engine/perfusion/smoothing'
import { invertToeplitz } from '../../../src-main/engine/perfusion/standardSvd'
import { gammaVariate, gaussianNoise } from './kudo'

const STEP = 1.5
const N = 40
const aif = Float64Array.from({ length: N }, (_, i) => 300 * gammaVariate(i * STEP, 4))
/** 1/s; a smooth residue that is at rest at both ends, 3 s late. */
const residue = Float64Array.from({ length: N }, (_, i) => 0.01 * gammaVariate(i * STEP, 3, 2, 2))

/** Direct sum of the convolution, the residue read at i − j − shift. */
function convolve(response: ArrayLike<number>, shift = 0): Float64Array {
  return Float64Array.from({ length: N }, (_, i) => {
    let sum = 0
    for (let j = 0; j < N; j++) sum += aif[j] * (response[i - j - shift] ?? 0)
    return STEP * sum
  })
}

function residueOf({ rank, samples, input, output, residueSamples }: TruncatedInverse, curve: Float64Array) {
  return multiply(output, multiply(input, curve, rank, samples, 1), residueSamples, rank, 1)
}

describe('smoothing over time', () => {
  it('is [¼ ½ ¼] with the edges repeated', () => {
    expect(Array.from(smoothCurve([4, 0, 0, 8]))).toEqual([3, 1, 2, 6])
  })

  it('keeps a constant and the area of a curve at rest at its ends', () => {
    expect(Array.from(smoothCurve([7, 7, 7]))).toEqual([7, 7, 7])
    expect(smoothCurve(aif).reduce((a, b) => a + b)).toBeCloseTo(
      aif.reduce((a, b) => a + b),
      6,
    )
  })

  it('is the product with its matrix, also in place', () => {
    const product = multiply(smoothingMatrix(N, true), aif, N, N, 1)
    const inPlace = aif.slice()
    smoothCurve(inPlace, inPlace)
    smoothCurve(aif).forEach((value, i) => {
      expect(product[i]).toBeCloseTo(value, 9)
      expect(inPlace[i]).toBe(value)
    })
  })
})

describe('the arrival of the bolus', () => {
  const bolus = (start: number, noise: number, sign = 1): Float64Array => {
    const random = gaussianNoise(3)
    return Float64Array.from(
      { length: 45 },
      (_, i) => 40 + sign * 300 * gammaVariate(i, start) + noise * random(),
    )
  }

  it.each([6, 10, 15])('is the last frame before a rise that begins at %i s', (start) => {
    for (const noise of [0, 3]) {
      const { baselineSamples, uncertain } = findArrival(bolus(start, noise))
      expect(baselineSamples).toBeGreaterThanOrEqual(start - 2)
      expect(baselineSamples).toBeLessThanOrEqual(start + 2)
      expect(uncertain).toBe(false)
    }
  })

  it('is found on signal that falls', () => {
    expect(findArrival(bolus(10, 0, -1), -1).baselineSamples).toBe(findArrival(bolus(10, 0)).baselineSamples)
  })

  it('is uncertain when the first frames already enhance', () => {
    expect(findArrival(bolus(-2, 0))).toMatchObject({ uncertain: true })
  })
})

describe('deconvolution on the circulant matrix', () => {
  it('gives back the residue that direct convolution took in', () => {
    const found = residueOf(invertCirculant(plainColumn(aif, 2 * N), N, STEP, 1e-6, STEP), convolve(residue))
    residue.forEach((value, i) => expect(Math.abs(found[i] - value)).toBeLessThan(0.01 * 0.01))
  })

  it('finds a residue that lies before the artery in the second half', () => {
    const shift = -6
    const inverse = invertCirculant(plainColumn(aif, 2 * N), N, STEP, 1e-6, STEP)
    const found = residueOf(inverse, convolve(residue, shift))
    residue.forEach((value, i) => {
      const at = (i + shift + 2 * N) % (2 * N)
      expect(Math.abs(found[at] - value)).toBeLessThan(0.01 * 0.01)
    })
  })

  it('keeps the components above the threshold, and fewer for a higher one', () => {
    const ranks = [0.05, 0.2, 0.5].map((threshold) => {
      const inverse = invertCirculant(plainColumn(aif, 2 * N), N, STEP, threshold, STEP)
      for (const value of inverse.singularValues) {
        expect(value).toBeGreaterThanOrEqual(threshold * inverse.largestSingularValue)
      }
      return inverse.rank
    })
    expect(ranks[0]).toBeGreaterThan(ranks[1])
    expect(ranks[1]).toBeGreaterThan(ranks[2])
  })

  it('counts the time step once: the largest singular value is the area of the arterial curve', () => {
    const area = STEP * aif.reduce((sum, value) => sum + value, 0)
    const { largestSingularValue } = invertCirculant(plainColumn(aif, 2 * N), N, STEP, 0.1)
    expect(largestSingularValue / area).toBeCloseTo(1, 9)
  })

  it('may weight the arterial samples 1, 4, 1 as Simpson does', () => {
    expect(Array.from(simpsonColumn([0, 6, 0], 6))).toEqual([1, 4, 1, 0, 0, 0])
  })
})

describe('deconvolution on the triangular matrix', () => {
  it('gives back the residue that direct convolution took in', () => {
    const early = Float64Array.from({ length: N }, (_, i) => 300 * gammaVariate((i + 1) * STEP, 0, 1, 2))
    const curve = Float64Array.from({ length: N }, (_, i) => {
      let sum = 0
      for (let j = 0; j <= i; j++) sum += early[j] * residue[i - j]
      return STEP * sum
    })
    const found = residueOf(invertToeplitz(early, STEP, 1e-9), curve)
    residue.forEach((value, i) => expect(Math.abs(found[i] - value)).toBeLessThan(0.01 * 0.01))
  })
})

describe('the oscillation index', () => {
  it('is the mean bend over the peak, as defined', () => {
    // Second differences of 0 1 0 2 0: −2, 3, −4; peak 2, five samples.
    expect(oscillationIndex(Float64Array.from([0, 1, 0, 2, 0]), 0, 5)).toBeCloseTo(9 / (5 * 2), 12)
    expect(oscillationIndex(Float64Array.from([1, 2, 3, 4]), 0, 4)).toBe(0)
    expect(oscillationIndex(Float64Array.from([-1, -2, -1]), 0, 3)).toBe(Infinity)
  })

  it('has fewer components the higher the threshold', () => {
    const counts = componentCounts(invertCirculant(plainColumn(aif, 2 * N), N, STEP, 0.05))
    expect(Array.from(counts)).toEqual(Array.from(counts).sort((a, b) => b - a))
    expect(counts[0]).toBeGreaterThan(counts[counts.length - 1])
  })
})

describe('the peak of a residue', () => {
  const sampled = (values: Float32Array) => ({ values, from: 0, step: 1, length: values.length })
  const highest = (values: Float32Array): Peak => ({
    index: values.indexOf(Math.max(...values)),
    position: 0,
    height: 0,
  })

  it('is found between samples', () => {
    const parabola = Float32Array.from({ length: 20 }, (_, i) => 10 - (i - 7.3) ** 2)
    const peak = highest(parabola)
    refinePeak(sampled(parabola), peak)
    expect(peak.position).toBeCloseTo(7.3, 5)
    expect(peak.height).toBeCloseTo(10, 5)
  })

  it('is read from one lane of many', () => {
    const values = Float32Array.from([0, 9, 2, 9, 3, 9, 2, 9])
    const peak: Peak = { index: 2, position: 0, height: 0 }
    refinePeak({ values, from: 0, step: 2, length: 4 }, peak)
    expect(peak.position).toBeCloseTo(2, 6)
    expect(peak.height).toBeCloseTo(3, 6)
  })

  it('is sought from 10 s before the artery to 30 s after it, across the seam of a circulant', () => {
    const rows = Float64Array.from({ length: 2 * 120 }, (_, i) => Math.floor(i / 2))
    const circular = { residueSamples: 120, residueStep: 1, circular: true }
    const window = residueWindow(rows, circular)
    expect(window).toMatchObject({ first: -10, samples: 41 })
    expect([0, 9, 10, 40].map((i) => window.matrix[2 * i])).toEqual([110, 119, 0, 30])
    expect(residueWindow(rows, { ...circular, circular: false })).toMatchObject({ first: 0, samples: 31 })
    const short = residueWindow(rows, { ...circular, residueStep: 0.1 })
    expect(short).toMatchObject({ first: -60, samples: 120 })
  })

  it('rises through its half where a straight edge does', () => {
    const edge = Float32Array.from([0, 0, 1, 3, 4, 4, 2, 0])
    expect(leadingHalfMaximum(sampled(edge), { ...highest(edge), height: 4 })).toBeCloseTo(2.5, 6)
  })
})

describe('the kernels on vectors', () => {
  it('are the translation of their source', { timeout: 120_000 }, async () => {
    const file = new URL('../../../src-main/engine/compute/kernelsBinary.ts', import.meta.url)
    expect(readFileSync(file, 'utf8')).toBe(await translateKernels())
  })

  it.each([
    [1, 1],
    [4, 3],
    [5, 9],
    [33, 45],
  ])('multiply a matrix of %i × %i with a block: the sum of products', (m, k) => {
    const random = gaussianNoise(m + k)
    const matrix = Float64Array.from({ length: m * k }, random)
    const block = Float64Array.from({ length: k * LANES }, random)
    const unit = createVectorUnit()
    const columns = unit.reserve(block.length)
    const product = createBlockProduct(unit, matrix, m, k)
    const out = unit.reserve(product.rows * LANES)
    columns.floats.set(block)
    product.run(columns, out.at)
    multiply(matrix, block, m, k, LANES).forEach((value, i) => expect(out.floats[i]).toBeCloseTo(value, 4))
    expect(out.floats.subarray(m * LANES).every((value) => value === 0)).toBe(true)
  })

  it('turn stored values into enhancement over the mean of the first rows, and return that', () => {
    const unit = createVectorUnit()
    const [values, baseline] = [unit.reserve(3 * LANES), unit.reserve(LANES)]
    values.floats.set(
      Float32Array.from({ length: 3 * LANES }, (_, i) => (i % LANES) + [1, 3, 10][Math.floor(i / LANES)]),
    )
    unit.kernels.enhance(values.at, 3, 2, 0.5, -1024, LANES, baseline.at)
    for (let i = 0; i < LANES; i++) {
      expect(baseline.floats[i]).toBe(0.5 * (i + 2) - 1024)
      expect([0, 1, 2].map((row) => values.floats[row * LANES + i])).toEqual([-0.5, 0.5, 4])
    }
  })

  it('find the first highest row of each lane', () => {
    const unit = createVectorUnit()
    const random = gaussianNoise(5)
    const values = unit.reserve(9 * LANES)
    const found = unit.reserve(LANES)
    values.floats.set(Float64Array.from({ length: 9 * LANES }, () => Math.round(3 * random())))
    unit.kernels.highestRows(values.at, 9, LANES, found.at)
    for (let i = 0; i < LANES; i++) {
      const column = Array.from({ length: 9 }, (_, row) => values.floats[row * LANES + i])
      expect(found.integers[i]).toBe(column.indexOf(Math.max(...column)))
    }
  })

  it('keep what they hold when their memory grows', () => {
    const unit = createVectorUnit()
    const small = unit.reserve(4)
    small.floats.set([1, 2, 3, 4])
    unit.reserve(1_000_000)
    expect(Array.from(small.floats)).toEqual([1, 2, 3, 4])
  })
})

describe('the brain of a simple head', () => {
  it('is what the skull encloses, without scalp, bone and air', () => {
    const size: [number, number, number] = [96, 96, 3]
    const count = 96 * 96 * 3
    const baseline = new SharedArrayBuffer(4 * count)
    const image = new Float32Array(baseline)
    const radius = (i: number): number => 2 * Math.hypot((i % 96) - 48, (Math.floor(i / 96) % 96) - 48)
    for (let i = 0; i < count; i++) {
      const r = radius(i)
      image[i] = r < 70 ? 35 : r < 78 ? 1000 : r < 86 ? 40 : -1000
    }
    const mask8 = () => new SharedArrayBuffer(count)
    const [inside8, core, brain, search] = [mask8(), mask8(), mask8(), mask8()]
    const request: BrainSearch = {
      ...{ baseline, size, spacing: [2, 2, 5], kind: 'skull', threshold: 0 },
      ...{ inside: inside8, core, brain, search },
    }
    for (let slice = 0; slice < size[2]; slice++) outlineBrain(request, slice)
    expect(keepBrain(request)).toBe(true)
    for (let slice = 0; slice < size[2]; slice++) growBrain(request, slice)
    const mask = new Uint8Array(brain)
    let [inside, found] = [0, 0]
    mask.forEach((value, i) => {
      if (radius(i) < 70) {
        inside++
        found += value
      } else expect(value).toBe(0)
    })
    expect(found / inside).toBeGreaterThan(0.9)
  })
})
