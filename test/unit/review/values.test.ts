import { describe, expect, it } from 'vitest'
import {
  OUTSIDE,
  differenceOf,
  isBlankIn,
  maskedValues,
  rangeOf,
  robustRange,
  valuesOf,
} from '../../../src-renderer/viewer/values'

describe('values from stored voxels', () => {
  it('are the stored ones where nothing is to be done', () => {
    const stored = new Float32Array([1, 2])
    expect(valuesOf({ slope: 1, intercept: 0 }, stored)).toBe(stored)
  })

  it('stay 16-bit when an integer shift fits, as for a usual CT', () => {
    const values = valuesOf({ slope: 1, intercept: -1024 }, new Int16Array([0, 1064, 4095]))
    expect(values).toBeInstanceOf(Int16Array)
    expect([...values]).toEqual([-1024, 40, 3071])
  })

  it('become floats rather than wrap around', () => {
    const values = valuesOf({ slope: 1, intercept: -1024 }, new Int16Array([-32768]))
    expect(values[0]).toBe(-33792)
  })

  it('keep fractional slopes', () => {
    const values = valuesOf({ slope: 0.1, intercept: -1000 }, new Int16Array([10405]))
    expect(values[0]).toBeCloseTo(40.5, 4)
  })
})

describe('masked maps', () => {
  const map = new Float32Array([0, 5, 7])
  const masked = maskedValues(map, new Uint8Array([1, 1, 0]))

  it('tell a zero inside the brain from what lies outside', () => {
    expect([...masked]).toEqual([0, 5, OUTSIDE])
    expect(rangeOf(masked)).toEqual([0, 5])
  })

  it('are subtracted voxel by voxel, and agree outside', () => {
    const other = maskedValues(new Float32Array([1, 1, 1]), new Uint8Array([1, 1, 1]))
    expect([...differenceOf(masked, other)]).toEqual([-1, 4, 0])
  })

  it('have no range where nothing is inside', () => {
    expect(rangeOf(new Float32Array([OUTSIDE]))).toEqual([0, 0])
  })
})

describe('a range for unknown values', () => {
  it('spans the tissue: neither air nor a few bright voxels stretch it', () => {
    const values = new Float32Array(100_000)
    for (let i = 50_000; i < 100_000; i++) values[i] = 100 + (i % 1000)
    values[99_999] = 1e6
    const [lower, upper] = robustRange(values)
    expect(lower).toBeGreaterThanOrEqual(100)
    expect(lower).toBeLessThan(130)
    expect(upper).toBeGreaterThan(1070)
    expect(upper).toBeLessThanOrEqual(1099)
  })

  it('is never empty', () => {
    expect(robustRange(new Float32Array(50))).toEqual([0, 1])
    expect(robustRange(Float32Array.of(0, 7, 7, 7))).toEqual([7, 8])
  })
})

describe('a picture without contrast', () => {
  const brain = { lower: 0, upper: 80 }

  it('is one whose values all lie on one side of the range', () => {
    expect(isBlankIn(Float32Array.of(-1024, -300, 0), brain)).toBe(true)
    expect(isBlankIn(Int16Array.of(80, 900), brain)).toBe(true)
  })

  it('is not one with air and bone, or with a single voxel inside the range', () => {
    expect(isBlankIn(Int16Array.of(-1000, 1200), brain)).toBe(false)
    expect(isBlankIn(Int16Array.of(-1000, -1000, 1), brain)).toBe(false)
  })
})
