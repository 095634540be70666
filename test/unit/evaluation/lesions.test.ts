import { describe, expect, it } from 'vitest'
import { diceCoefficient, thresholdLesions } from '../../../src-main/engine/evaluation'

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
