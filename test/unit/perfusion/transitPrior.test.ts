import { describe, expect, it } from 'vitest'
import { mixSeeds, normalQuantiles, randomStream } from '../../../src-main/engine/compute/random'
import { ARTERIAL_REACH, tabulateArterial } from '../../../src-main/engine/perfusion/arterialFunction'
import {
  BOX_FLOW,
  BOX_TRANSIT,
  createBoxFitter,
  type TransitPrior,
} from '../../../src-main/engine/perfusion/boxFit'
import { boxModel, createBoxModel } from '../../../src-main/engine/perfusion/boxModel'
import { boxLimits, USUAL_TRANSIT } from '../../../src-main/engine/perfusion/job'

const FRAMES = 45
const COPIES = 200
const times = Float64Array.from({ length: FRAMES }, (_, i) => i)
const bolus = times.map((t) => (t <= 8 ? 0 : 400 * ((t - 8) / 4.5) ** 3 * Math.exp(3 - (t - 8) / 1.5)))
const arterial = tabulateArterial([{ times, values: bolus, weight: 1 }], ARTERIAL_REACH)
const limits = boxLimits(FRAMES - 1)

/** Median flow (of the true one) and transit time (s) fitted to noisy copies of the response of a box. */
function fitted(prior: TransitPrior, delay: number, transit: number, volume: number, deviation: number) {
  const model = createBoxModel(arterial, times, false)
  boxModel(model, delay, transit)
  const flow = volume / transit
  const fitter = createBoxFitter(arterial, times, limits, false, prior)
  const random = randomStream(mixSeeds(7, 0x7a))
  const result = new Float64Array(4)
  const fits = Array.from({ length: COPIES }, () => {
    const noisy = model.shape.map((value) => flow * value + deviation * normalQuantiles[random() & 0xffff])
    fitter.fit(noisy, result)
    return { flow: result[BOX_FLOW] / flow, transit: result[BOX_TRANSIT] }
  })
  const median = (values: number[]): number => values.sort((a, b) => a - b)[COPIES >> 1]
  return { flow: median(fits.map((fit) => fit.flow)), transit: median(fits.map((fit) => fit.transit)) }
}

describe('what is known of transit times beforehand', () => {
  const core = [8, 10, 0.008, 1] as const

  it('expects long ones of late tissue, so that weak curves of a core are not read as normal flow', () => {
    const without = fitted({ ...USUAL_TRANSIT, perDelay: 0 }, ...core)
    const found = fitted(USUAL_TRANSIT, ...core)
    expect(without.flow).toBeGreaterThan(1.3)
    expect(Math.abs(found.flow - 1)).toBeLessThan(0.25)
    expect(Math.abs(found.transit - 10)).toBeLessThan(2)
  })

  it('gives way to a clear curve: late tissue with a short transit time keeps it', () => {
    const found = fitted(USUAL_TRANSIT, 8, 4, 0.04, 0.1)
    expect(found.transit).toBeCloseTo(4, 1)
    expect(found.flow).toBeCloseTo(1, 1)
  })

  it('leaves tissue that is not late as it was', () => {
    const normal = [0.7, 4, 0.04, 1] as const
    const [found, without] = [USUAL_TRANSIT, { ...USUAL_TRANSIT, perDelay: 0 }].map((prior) =>
      fitted(prior, ...normal),
    )
    expect(found.transit).toBeCloseTo(without.transit, 0)
    expect(Math.abs(found.transit - 4)).toBeLessThan(0.4)
  })
})
