import { describe, expect, it } from 'vitest'
import { formatTick, formatValue, niceTicks } from '../../../src-renderer/components/review/ticks'

describe('legend ticks', () => {
  it.each([
    [0, 80, [0, 20, 40, 60, 80]],
    [0, 6, [0, 2, 4, 6]],
    [0, 25, [0, 10, 20]],
    [-1.5, 1.5, [-1, 0, 1]],
    [0.01, 0.05, [0.01, 0.02, 0.03, 0.04, 0.05]],
  ])('of %f to %f are round', (lower, upper, wanted) => {
    expect(niceTicks(lower, upper, 4).map((value) => Number(value.toPrecision(9)))).toEqual(wanted)
  })

  it('are none for an empty range', () => {
    expect(niceTicks(3, 3, 4)).toEqual([])
    expect(niceTicks(Number.NaN, 3, 4)).toEqual([])
  })

  it('are written without noise of the arithmetic', () => {
    expect(formatTick(0.1 + 0.2)).toBe('0.3')
    expect(formatTick(1500)).toBe('1500')
  })
})

describe('values at the probe', () => {
  it('have the decimals their range makes sensible', () => {
    expect(formatValue(23.456, 80)).toBe('23.5')
    expect(formatValue(3.4567, 6)).toBe('3.46')
    expect(formatValue(1234.5, 2000)).toBe('1235')
  })

  it('never show a negative zero', () => {
    expect(formatValue(-0.001, 80)).toBe('0.0')
  })
})
