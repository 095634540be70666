import { describe, expect, it } from 'vitest'
import { diceCoefficient, mapError, thresholdLesions } from '../../../src-main/engine/evaluation'

const size = 24
const truth = Float32Array.from({ length: size * size }, (_, i) => 3 + Math.sin(i / 7) + (i % size) / 10)
const all = new Uint8Array(size * size).fill(1)

describe('the error of a map', () => {
  it('is nothing for the truth itself', () => {
    const error = mapError(truth, truth, all, [size, size], 6)
    expect(error.meanAbsolute).toBe(0)
    expect(error.rootMeanSquare).toBe(0)
    expect(error.peakSignalToNoise).toBe(Infinity)
    expect(error.structuralSimilarity).toBeCloseTo(1, 10)
    expect(error.correlation).toBeCloseTo(1, 10)
  })

  it('of a shift by 0.6 of a range of 6 is 20 dB, and leaves r at 1', () => {
    const error = mapError(
      truth.map((value) => value + 0.6),
      truth,
      all,
      [size, size],
      6,
    )
    expect(error.meanAbsolute).toBeCloseTo(0.6, 5)
    expect(error.rootMeanSquare).toBeCloseTo(0.6, 5)
    expect(error.peakSignalToNoise).toBeCloseTo(20, 4)
    expect(error.correlation).toBeCloseTo(1, 6)
    expect(error.structuralSimilarity).toBeGreaterThan(0.9)
    expect(error.structuralSimilarity).toBeLessThan(1)
  })

  it('has the SSIM of two flat images: (2ab + c1) / (a² + b² + c1)', () => {
    const [a, b] = [0.4, 0.8]
    const flat = (value: number): Float32Array => new Float32Array(size * size).fill(value)
    const c1 = 0.01 ** 2
    const { structuralSimilarity } = mapError(flat(a), flat(b), all, [size, size], 1)
    expect(structuralSimilarity).toBeCloseTo((2 * a * b + c1) / (a * a + b * b + c1), 5)
  })

  it('looks at nothing outside the mask', () => {
    const mask = all.map((_, i) => (i % size < 12 ? 1 : 0))
    const spoilt = truth.map((value, i) => (mask[i] ? value : 1e6))
    expect(mapError(spoilt, truth, mask, [size, size], 6).rootMeanSquare).toBe(0)
    expect(mapError(spoilt, truth, mask, [size, size], 6).structuralSimilarity).toBeCloseTo(1, 10)
  })
})

describe('lesions', () => {
  it('have the Dice of a textbook: 2 · 2 / (3 + 4); none of both is no number', () => {
    const a = Uint8Array.from([1, 1, 1, 0, 0, 0])
    const b = Uint8Array.from([0, 1, 1, 1, 1, 0])
    const mask = new Uint8Array(6).fill(1)
    expect(diceCoefficient(a, b, mask)).toBeCloseTo(4 / 7, 12)
    expect(diceCoefficient(a, new Uint8Array(6), mask)).toBe(0)
    expect(diceCoefficient(new Uint8Array(6), new Uint8Array(6), mask)).toBeNull()
  })

  it('are below 30 % of the flow of tissue that is supplied in time, and later than 6 s', () => {
    const cbf = Float32Array.from([50, 50, 16, 14, 5, 50])
    const tmax = Float32Array.from([2, 3, 7, 8, 9, 20])
    const mask = Uint8Array.from([1, 1, 1, 1, 1, 0])
    const { core, hypoperfused } = thresholdLesions({ cbf, tmax }, mask)
    expect(Array.from(core)).toEqual([0, 0, 0, 1, 1, 0])
    expect(Array.from(hypoperfused)).toEqual([0, 0, 1, 1, 1, 0])
  })
})
