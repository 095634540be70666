import { describe, expect, it } from 'vitest'
import {
  bilateralFilter,
  lineWeights,
  resampleImage,
  resampledCount,
} from '../../../src-main/engine/networks'
import { timeWeights, uniformGrid } from '../../../src-main/engine/networks/timeGrid'

describe('the time grid of a network', () => {
  const sample = (times: number[], at: Float64Array, curve: (t: number) => number): number[] => {
    const { weights, frames } = timeWeights(Float64Array.from(times), at)
    return Array.from(at, (_, i) =>
      times.reduce((sum, t, frame) => sum + weights[i * frames + frame] * curve(t), 0),
    )
  }

  it('takes frames as they are where they are on the grid', () => {
    const times = [0, 1.5, 3, 4.5]
    const values = sample(times, uniformGrid(0, 1.5, 4), (t) => t * t)
    times.forEach((t, i) => expect(values[i]).toBeCloseTo(t * t, 5))
  })

  it('is linear interpolation between frames further apart, also at uneven intervals', () => {
    const values = sample([0, 3, 6, 12], uniformGrid(0, 1.5, 5), (t) => 2 * t + 1)
    values.forEach((value, i) => expect(value).toBeCloseTo(3 * i + 1, 5))
  })

  it('averages dense frames: the noise of four a sample becomes less than half', () => {
    const { weights, frames } = timeWeights(uniformGrid(0, 0.375, 80), uniformGrid(6, 1.5, 2))
    const power = weights.slice(0, frames).reduce((sum, weight) => sum + weight * weight, 0)
    expect(Math.sqrt(power)).toBeLessThan(0.5)
  })

  it('holds the ends', () => {
    const values = sample([10, 11, 12], Float64Array.from([0, 9, 30]), (t) => t)
    expect(values[0]).toBeLessThan(11)
    expect(values[2]).toBeGreaterThan(11)
  })
})

describe('the plane of a network', () => {
  it('is the series’ own where the pixels are nearly as large', () => {
    expect(resampledCount(256, 0.9, 0.9)).toBe(256)
    expect(resampledCount(256, 0.98, 0.9)).toBe(256)
    expect(resampledCount(512, 0.45, 0.9)).toBe(256)
    expect(resampledCount(512, 0.45, null)).toBe(512)
  })

  it('averages 2 × 2 pixels to half the size', () => {
    const image = Float32Array.from([1, 3, 5, 7, 1, 3, 5, 7, 2, 2, 9, 9, 2, 2, 9, 9])
    const half = lineWeights(4, 2)
    expect(Array.from(resampleImage(image, half, half))).toEqual([2, 6, 2, 9])
  })

  it.each([
    [100, 37],
    [64, 100],
    [91, 91],
  ])('keeps a constant and a ramp from %i to %i pixels', (from, to) => {
    const across = lineWeights(from, to)
    const one = lineWeights(1, 1)
    const constant = resampleImage(new Float32Array(from).fill(5), across, one)
    constant.forEach((value) => expect(value).toBeCloseTo(5, 4))
    const ramp = resampleImage(
      Float32Array.from({ length: from }, (_, i) => i + 0.5),
      across,
      one,
    )
    for (let i = 2; i < to - 2; i++) {
      // A mean of whole pixels and parts of pixels is off by at most a quarter of one part.
      expect(Math.abs(ramp[i] - ((i + 0.5) * from) / to)).toBeLessThan(0.25)
    }
  })
})

describe('the bilateral filter', () => {
  const size = 32
  const step = Float32Array.from({ length: size * size }, (_, i) => (i % size < size / 2 ? 20 : 120))

  it('keeps an edge that is higher than its range', () => {
    const filtered = bilateralFilter(step, size, size, 2, 15)
    filtered.forEach((value, i) => expect(value).toBeCloseTo(step[i], 3))
  })

  it('takes away the noise beside it', () => {
    let seed = 1
    const noisy = step.map((value) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
      return value + 10 * (seed / 2 ** 32 - 0.5)
    })
    const spread = (image: Float32Array): number =>
      Math.sqrt(image.reduce((sum, value, i) => sum + (value - step[i]) ** 2, 0) / image.length)
    expect(spread(bilateralFilter(noisy, size, size, 2, 20))).toBeLessThan(0.35 * spread(noisy))
  })
})
