import { describe, expect, it } from 'vitest'
import {
  downstream,
  gammaVariate,
  gammaVariateArea,
  headArterialInput,
  kudoArterialInput,
  sampleAt,
  tabulateBolus,
  venousOutput,
  type Bolus,
} from '../../../src-main/engine/phantom/bolus'
import type { ResidueShape } from '../../../src-main/engine/phantom/options'
import { responseAt, timeToPeak, tissueResponse } from '../../../src-main/engine/phantom/residue'

/** The arterial curve of the Kudo phantom without its integrals: the convolution below shares nothing with the code. */
const kudo = { arrival: 12, peak: 463, alpha: 3, beta: 1.5 }

const residues: Record<ResidueShape, (s: number, mtt: number) => number> = {
  box: (s, mtt) => (s < mtt ? 1 : 0),
  linear: (s, mtt) => Math.max(0, 1 - s / (2 * mtt)),
  exponential: (s, mtt) => Math.exp(-s / mtt),
}

/** (1/MTT) ∫ a(t − s) R(s) ds by the midpoint rule at 1 ms. */
function convolved(shape: ResidueShape, t: number, mtt: number): number {
  const step = 0.001
  let sum = 0
  for (let s = step / 2; s < t - kudo.arrival; s += step) {
    sum += gammaVariate(kudo, t - s) * residues[shape](s, mtt)
  }
  return (sum * step) / mtt
}

/** ∫ a, to the end of the table. */
function totalArea(bolus: Bolus): number {
  return bolus.area[bolus.area.length - 1]
}

describe('the arterial curve', () => {
  it('peaks at its height, αβ after its arrival', () => {
    expect(gammaVariate(kudo, 12 + 3 * 1.5)).toBeCloseTo(463, 10)
    expect(gammaVariate(kudo, 12)).toBe(0)
    expect(gammaVariate(kudo, 16.4)).toBeLessThan(463)
    expect(gammaVariate(kudo, 16.6)).toBeLessThan(463)
  })

  it('has the area of the gamma function', () => {
    const bolus = tabulateBolus((t) => gammaVariate(kudo, t), 12, 100)
    expect(totalArea(bolus) / gammaVariateArea(kudo)).toBeCloseTo(1, 7)
  })

  it('follows the published curve of the Kudo phantom within the noise of its samples', () => {
    // ΔHU at 12, 14 … 26 s of the phantom's AIF after venous scaling, baseline 40.1 HU taken off.
    const published = [1.1, 218.8, 454.1, 406.6, 251.5, 130.4, 60.8, 24.6]
    const { curve, step } = kudoArterialInput(60)
    const drawn = published.map((_, i) => sampleAt(curve, step, 12 + 2 * i))
    const worst = Math.max(...published.map((value, i) => Math.abs(value - drawn[i])))
    expect(worst).toBeLessThan(0.03 * 463)
  })

  it('comes back a second time in the head, lower and later', () => {
    const { curve, step } = headArterialInput(60)
    expect(Math.max(...curve)).toBeGreaterThan(399)
    const recirculation = sampleAt(curve, step, 32.5)
    expect(recirculation).toBeGreaterThan(20)
    expect(recirculation).toBeLessThan(40)
  })
})

describe('the venous curve', () => {
  const arterial = headArterialInput(200)
  const venous = venousOutput(arterial)
  const peakOf = ({ curve, step }: Bolus): number => curve.indexOf(Math.max(...curve)) * step

  it('peaks 4 to 8 s after the artery, lower, with the same area', () => {
    expect(peakOf(venous) - peakOf(arterial)).toBeGreaterThan(4)
    expect(peakOf(venous) - peakOf(arterial)).toBeLessThan(8)
    expect(Math.max(...venous.curve)).toBeLessThan(Math.max(...arterial.curve))
    expect(totalArea(venous) / totalArea(arterial)).toBeCloseTo(1, 4)
  })

  it('is the convolution with a delayed exponential', () => {
    const short = tabulateBolus((t) => gammaVariate(kudo, t), 12, 60)
    const dispersed = downstream(short, 4.5, 2)
    for (const t of [17, 20, 25, 33]) {
      let sum = 0
      for (let s = 0.0005; s < t; s += 0.001) {
        sum += gammaVariate(kudo, t - 4.5 - s) * Math.exp(-s / 2) * 0.0005
      }
      expect(sampleAt(dispersed.curve, dispersed.step, t)).toBeCloseTo(sum, 1)
    }
  })
})

describe.each(['box', 'linear', 'exponential'] as const)('tissue with a %s residue', (shape) => {
  const response = tissueResponse(shape, kudoArterialInput(200))

  it('is the convolution of the artery with the residue', () => {
    for (const mtt of [24 / 7, 4.8, 8, 24]) {
      for (const t of [11, 13, 17, 22, 30, 45]) {
        const expected = convolved(shape, t, mtt)
        expect(Math.abs(responseAt(response, t, mtt) - expected)).toBeLessThan(1e-3 * 463)
        expect(responseAt(response, t, mtt)).toBeCloseTo(expected, expected > 1 ? 0 : 1)
      }
    }
  })

  it('holds as much contrast as the artery, whatever its transit time', () => {
    for (const mtt of [3, 8]) {
      let area = 0
      for (let t = 0.025; t < 200; t += 0.05) area += 0.05 * responseAt(response, t, mtt)
      expect(area / gammaVariateArea(kudo)).toBeCloseTo(1, 3)
    }
  })

  it('peaks when its time to peak says', () => {
    for (const mtt of [3.5, 6, 11]) {
      const peak = kudo.arrival + timeToPeak(response, mtt)
      const highest = responseAt(response, peak, mtt)
      for (const t of [peak - 0.3, peak + 0.3]) expect(responseAt(response, t, mtt)).toBeLessThan(highest)
    }
  })

  it('peaks later with a longer transit time', () => {
    const peaks = [2, 4, 8, 16].map((mtt) => timeToPeak(response, mtt))
    expect([...peaks].sort((a, b) => a - b)).toEqual(peaks)
    expect(peaks[0]).toBeGreaterThan(4.5)
  })
})

it('a box residue peaks where as much flows in as out', () => {
  // a(t) = a(t − MTT) has the closed solution t − t0 = MTT / (1 − exp(−MTT/αβ)) for a gamma variate with α = 3.
  const response = tissueResponse('box', kudoArterialInput(200))
  for (const mtt of [4, 6, 12]) {
    const closed = mtt / (1 - Math.exp(-mtt / (kudo.alpha * kudo.beta)))
    expect(timeToPeak(response, mtt)).toBeCloseTo(closed, 2)
  }
})
