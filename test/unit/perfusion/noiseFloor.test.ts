import { describe, expect, it } from 'vitest'
import { mapNames, perfusionSettingsSchema, type MapName } from '../../../src-main/contract'
import { LANES, createVectorUnit } from '../../../src-main/engine/compute/vectorUnit'
import { ARTERIAL_REACH, tabulateArterial } from '../../../src-main/engine/perfusion/arterialFunction'
import { boxModel, createBoxModel } from '../../../src-main/engine/perfusion/boxModel'
import { tissueCurveSpace } from '../../../src-main/engine/perfusion/curveSpace'
import { boxLimits, residueDeconvolution } from '../../../src-main/engine/perfusion/job'
import {
  hasQuietDirections,
  noiseVariances,
  transitOverNoise,
  withoutNoise,
} from '../../../src-main/engine/perfusion/noiseFloor'
import { residueMaps } from '../../../src-main/engine/perfusion/residueMaps'
import { areaWeights } from '../../../src-main/engine/perfusion/volumeWeights'
import { gaussianNoise } from './kudo'

const FRAMES = 45
const BASELINE = 8
const times = Float64Array.from({ length: FRAMES }, (_, i) => i)
const artery = Array.from(times, (t) =>
  t > 8 ? 400 * ((t - 8) / 4.5) ** 3 * Math.exp(3 - (t - 8) / 1.5) : 0,
)
const arterial = tabulateArterial([{ times, values: artery, weight: 1 }], ARTERIAL_REACH)
const space = tissueCurveSpace(arterial, times, boxLimits(FRAMES))

/** Tissue of 5 ml/100 g/min at a factor of 69.84: the core of an infarct, MTT 8 s, 6 s late. */
const FLOW = 5 / 60 / 69.84
const model = createBoxModel(arterial, times, false)
boxModel(model, 6, 8, 0)
const tissue = Float64Array.from(model.shape, (value) => FLOW * value)

/** Coordinates in the space of 640 copies of a curve in noise of one standard deviation, a block at a time. */
function* noisyBlocks(curve: Float64Array, deviation: number): Generator<Float32Array> {
  const random = gaussianNoise(5)
  for (let block = 0; block < 10; block++) {
    const columns = new Float32Array(space.rank * LANES)
    for (let lane = 0; lane < LANES; lane++) {
      const noisy = curve.map((value) => value + deviation * random())
      const baseline = noisy.subarray(0, BASELINE).reduce((a, b) => a + b) / BASELINE
      for (let r = 0; r < space.rank; r++) {
        for (let t = 0; t < FRAMES; t++) {
          columns[r * LANES + lane] += space.basis[r * FRAMES + t] * (noisy[t] - baseline)
        }
      }
    }
    yield columns
  }
}

type Deconvolution = 'ssvd' | 'csvd' | 'osvd'

/** CBF and MTT of all copies. */
function flowsAndTransits(method: Deconvolution, deviation: number): { cbf: number[]; mtt: number[] } {
  const settings = perfusionSettingsSchema.parse({ method })
  const unit = createVectorUnit()
  const columns = unit.reserve((space.rank + 8) * LANES)
  const analysis = {
    ...residueDeconvolution(arterial, times, 1, settings),
    ...{ times, bloodVolume: areaWeights(arterial, times), arrival: 8 },
    ...{ tissueFactor: 69.84, baselineFrames: BASELINE },
  }
  const fit = residueMaps(unit, analysis, columns, space)
  const maps = Object.fromEntries(mapNames.map((name) => [name, new Float32Array(LANES)])) as Record<
    MapName,
    Float32Array
  >
  const found: Record<'cbf' | 'mtt', number[]> = { cbf: [], mtt: [] }
  for (const block of noisyBlocks(tissue, deviation)) {
    columns.floats.set(block)
    for (const name of mapNames) maps[name].fill(0)
    fit(
      Int32Array.from({ length: LANES }, (_, i) => i),
      maps,
    )
    found.cbf.push(...maps.cbf)
    found.mtt.push(...maps.mtt)
  }
  return found
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length
const meanFlow = (method: Deconvolution, deviation: number): number =>
  mean(flowsAndTransits(method, deviation).cbf)

describe('the noise of a curve', () => {
  const variances = new Float64Array(LANES)
  const meanVariance = (curve: Float64Array, deviation: number): number => {
    let sum = 0
    for (const block of noisyBlocks(curve, deviation)) {
      const columns = { at: 0, floats: block, integers: new Int32Array(block.buffer) }
      noiseVariances(columns, space, variances)
      sum += variances.reduce((a, b) => a + b)
    }
    return sum / (10 * LANES)
  }
  it('is told from the directions that no tissue points to', () => {
    expect(hasQuietDirections(space)).toBe(true)
    expect(meanVariance(tissue, 0)).toBeLessThan(1e-4 * Math.max(...tissue) ** 2)
    expect(meanVariance(tissue, 1.5)).toBeGreaterThan(0.85 * 1.5 ** 2)
    expect(meanVariance(tissue, 1.5)).toBeLessThan(1.15 * 1.5 ** 2)
  })
})

describe('the highest sample of a noisy residue', () => {
  it('loses what noise adds: √(height² − floor²), at most two thirds', () => {
    expect(withoutNoise(10, 0)).toBe(10)
    expect(withoutNoise(5, 4)).toBeCloseTo(3, 9)
    expect(withoutNoise(1, 2)).toBeCloseTo(1 / 3, 9)
  })
  it.each(['ssvd', 'csvd', 'osvd'] as const)('%s: low flow in noise is read as low', (method) => {
    const clear = meanFlow(method, 0)
    expect(Math.abs(meanFlow(method, 1) - clear)).toBeLessThan(0.4 * clear)
  })
})

describe('the mean transit time', () => {
  it('is that of tissue that hardly gets blood, 9 s, as far as noise hides the flow', () => {
    expect(transitOverNoise(4, 10, 0)).toBe(4)
    expect(transitOverNoise(45, 1, 2)).toBeCloseTo(27, 9)
    expect(transitOverNoise(45, 1, 1000)).toBeCloseTo(9, 3)
  })
  it.each(['ssvd', 'csvd', 'osvd'] as const)(
    '%s: of low flow in noise it is no ratio of noises',
    (method) => {
      const { mtt } = flowsAndTransits(method, 1)
      const sorted = mtt.filter((transit) => transit > 0).sort((a, b) => a - b)
      expect(sorted.length).toBeGreaterThan(0.9 * mtt.length)
      expect(sorted[Math.floor(0.05 * sorted.length)]).toBeGreaterThan(2)
      expect(sorted[Math.floor(0.95 * sorted.length)]).toBeLessThan(20)
    },
  )
})
