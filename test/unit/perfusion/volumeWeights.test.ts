import { describe, expect, it } from 'vitest'
import { ARTERIAL_REACH, tabulateArterial } from '../../../src-main/engine/perfusion/arterialFunction'
import { boxModel, createBoxModel } from '../../../src-main/engine/perfusion/boxModel'
import { boxLimits } from '../../../src-main/engine/perfusion/job'
import { areaWeights, volumeWeights } from '../../../src-main/engine/perfusion/volumeWeights'

const ARRIVAL = 8
const bolus = (t: number): number =>
  t <= ARRIVAL ? 0 : 400 * ((t - ARRIVAL) / 4.5) ** 3 * Math.exp(3 - (t - ARRIVAL) / 1.5)

function protocol(frames: number, interval: number) {
  const times = Float64Array.from({ length: frames }, (_, i) => i * interval)
  const values = times.map((t) => bolus(t) + 0.07 * bolus(t - 14))
  const arterial = tabulateArterial([{ times, values, weight: 1 }], ARTERIAL_REACH)
  const baselineFrames = Math.floor(ARRIVAL / interval)
  const limits = boxLimits(times[frames - 1])
  const model = createBoxModel(arterial, times, false)
  /** Of the response of a residue that is a mean of boxes of these widths, all of volume 1. */
  const found = (weights: Float64Array, delay: number, transits: readonly number[]): number =>
    transits.reduce((sum, transit) => {
      boxModel(model, delay, transit)
      return sum + weights.reduce((dot, weight, i) => dot + (weight * model.shape[i]) / transit, 0)
    }, 0) / transits.length
  /** Standard deviation of the volume for unit white noise, its mean over the baseline taken off. */
  const noise = (weights: Float64Array): number => {
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    return Math.hypot(...weights.map((w, i) => (i < baselineFrames ? w - total / baselineFrames : w)))
  }
  const weights = (deviation: number) => volumeWeights(arterial, times, limits, baselineFrames, deviation)
  return { area: areaWeights(arterial, times), weights, found, noise }
}

describe('blood volume from a curve', () => {
  const long = protocol(45, 1.5)

  it.each([
    ['normal tissue', 1, [4.5]],
    ['short transits', 0, [2]],
    ['penumbra', 5.5, [9]],
    ['core', 8, [10]],
    ['a falling residue', 1, [1, 2, 3, 4, 6, 8, 12]],
  ])('is within 3 %% of the area under it: %s', (_, delay, transits) => {
    for (const { area, weights, found } of [long, protocol(45, 1), protocol(30, 2), protocol(20, 3)]) {
      expect(found(area, delay, transits)).toBeCloseTo(1, 1)
      for (const deviation of [0.1, 5]) {
        expect(Math.abs(found(weights(deviation), delay, transits) - 1)).toBeLessThan(0.03)
      }
    }
  })

  it('takes half the noise that the area of a long scan takes, by asking less of the baseline', () => {
    expect(long.noise(long.weights(3)) / long.noise(long.area)).toBeLessThan(0.5)
    const short = protocol(45, 1)
    expect(short.noise(short.weights(3))).toBeLessThan(short.noise(short.area))
  })

  it('counts what comes after the last frame of a short scan', () => {
    const short = protocol(45, 1)
    expect(short.found(short.area, 7, [16])).toBeLessThan(0.98)
    expect(short.found(short.weights(3), 7, [16])).toBeCloseTo(1, 2)
  })

  it('is the area itself where there is hardly noise', () => {
    expect(long.weights(0.1)).toEqual(long.area)
  })
})
