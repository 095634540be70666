import { beforeAll, describe, expect, it } from 'vitest'
import { inputSpecSchema, networkSchema, type InputSpec } from '../../../src-main/engine/networks'
import { makePhantom, phantomOptions, phantomSeries } from '../../../src-main/engine/phantom'
import { predictMaps, type Predictor } from '../../../src-main/engine/prediction'
import type { PerfusionMaps } from '../../../src-main/engine/perfusion'
import type { VolumeSeries } from '../../../src-main/engine/volume'

let usual: VolumeSeries
beforeAll(async () => {
  const options = phantomOptions({ size: 96, slices: 3, thickness: 10, interval: 1, volumes: 45, noise: 2 })
  usual = await phantomSeries(await makePhantom(options))
})

/** The same images, told to have been taken `factor` times as slowly: boluses, transits and delays are as much longer. */
const slower = (factor: number): VolumeSeries => ({
  ...usual,
  times: usual.times.map((time) => time * factor),
})

/** What a network that says 0.5 everywhere is given, and what is made of its maps. */
async function predicted(
  series: VolumeSeries,
  bolus: InputSpec['bolus'],
): Promise<{ inputs: Float32Array[]; result: PerfusionMaps }> {
  const inputs: Float32Array[] = []
  const predictor: Predictor = {
    spec: {
      format: 1,
      name: 'stand-in',
      network: networkSchema.parse({ name: 'perfusion-unet' }),
      input: inputSpecSchema.parse({ timePoints: 20, interval: 1.5, spacing: null, bolus }),
      outputs: [
        { map: 'cbv', scale: 8 },
        { map: 'cbf', scale: 80 },
        { map: 'tmax', scale: 20 },
        { map: 'ttp', scale: 30 },
      ],
      weightsSha256: 'none',
      parameters: 0,
      created: '',
      version: '',
    },
    infer: (input, rows, columns) => {
      inputs.push(input.slice())
      return Promise.resolve(new Float32Array(rows * columns * 4).fill(0.5))
    },
  }
  return { inputs, result: await predictMaps(predictor, series) }
}

const inside = ({ maps, mask }: PerfusionMaps): number[] => {
  const at = mask.indexOf(1)
  return [maps.cbv[at], maps.cbf[at], maps.tmax[at], maps.ttp[at]]
}
const rootMeanSquare = (values: Float32Array, other: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value, i) => sum + (value - other[i]) ** 2, 0) / values.length)

describe('a bolus unlike those that a network learned', () => {
  it('looks to it like one that it learned, and its maps are told in the time of the series', async () => {
    const learned = await predicted(usual, undefined)
    const { fullWidthHalfMaximum: width, timeToPeak } = learned.result.aif.quality
    const share = (timeToPeak - learned.result.arrival) / width
    const bolus: InputSpec['bolus'] = { width: [width, width], rise: [share, share] }
    const slow = await predicted(slower(1.4), bolus)
    expect(slow.inputs).toHaveLength(learned.inputs.length)
    slow.inputs.forEach((input, i) => expect(rootMeanSquare(input, learned.inputs[i])).toBeLessThan(0.02))
    const [cbv, cbf, tmax, ttp] = inside(slow.result)
    expect([cbv, cbf, tmax, ttp].map((value) => Number(value.toFixed(1)))).toEqual([4, 28.6, 14, 21])
    const asItIs = await predicted(slower(1.4), undefined)
    expect(rootMeanSquare(asItIs.inputs[0], learned.inputs[0])).toBeGreaterThan(0.05)
    expect(inside(asItIs.result).map((value) => Number(value.toFixed(2)))).toEqual([4, 40, 10, 15])
  })

  it('counts TTP from the arrival of the bolus where it rises more slowly', async () => {
    const plain = await predicted(usual, undefined)
    const { fullWidthHalfMaximum: width, timeToPeak } = plain.result.aif.quality
    const rise = timeToPeak - plain.result.arrival
    const shift = 1.5
    const share = (rise - shift) / width
    const { result } = await predicted(usual, { width: [width, width], rise: [share, share] })
    const [, , tmax, ttp] = inside(result)
    expect(tmax).toBeCloseTo(10, 4)
    expect(ttp).toBeCloseTo(15 + shift, 4)
    expect(result.arrival).toBe(plain.result.arrival)
  })

  it('is left alone within what was learned, and named beyond it, where its core is not to be relied on', async () => {
    const plain = await predicted(usual, undefined)
    const within = await predicted(usual, { width: [1, 30], rise: [0.1, 3] })
    expect(within.inputs).toEqual(plain.inputs)
    const { fullWidthHalfMaximum: width } = plain.result.aif.quality
    const namedFor = async (widest: number): Promise<string[]> => {
      const { warnings } = (await predicted(usual, { width: [1, widest], rise: [0.1, 3] })).result
      return warnings.map(({ code }) => code).filter((code) => code.startsWith('network-bolus'))
    }
    expect(await namedFor(width / 1.05)).toEqual([])
    expect(await namedFor(width / 1.3)).toEqual(['network-bolus-width'])
    expect(await namedFor(1.5)).toEqual(['network-bolus-unlearnt'])
  })
})
