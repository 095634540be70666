import { beforeAll, describe, expect, it } from 'vitest'
import {
  perfusionMethods,
  perfusionSettingsSchema,
  type UmbraError,
  type MapName,
  type PerfusionMethod,
  type PerfusionSettings,
  type Vec3,
} from '../../../src-main/contract'
import {
  computePerfusion,
  projectOverTime,
  sampleCurve,
  type PerfusionMaps,
} from '../../../src-main/engine/perfusion'
import { agreement, gammaVariate, TISSUE_FACTOR, tissueCurve, type ResidueShape } from './kudo'
import { PEAK_HU, tileSeries, type TileSeries } from './kudoSeries'

const TILE = 8
const MARGIN = 24

function maps(
  phantom: TileSeries,
  method: PerfusionMethod,
  settings: Partial<PerfusionSettings> = {},
): Promise<PerfusionMaps> {
  return computePerfusion(phantom.series, perfusionSettingsSchema.parse({ method, ...settings }))
}

function errors(result: PerfusionMaps, { truth }: TileSeries, name: 'cbv' | 'cbf' | 'mtt' | 'delay') {
  const voxels = Array.from(truth.cbv.keys()).filter((i) => truth.cbv[i] > 0)
  return agreement(
    voxels.map((i) => result.maps[name][i]),
    voxels.map((i) => truth[name][i]),
  )
}

/** The middle of the tile in `column` (MTT) and `row` (delay). */
function tileCentre(column: number, row: number, slice = 0): Vec3 {
  return [MARGIN + column * TILE + TILE / 2, MARGIN + row * TILE + TILE / 2, slice]
}

function valueAt(result: PerfusionMaps, name: MapName, [x, y, z]: Vec3): number {
  const [nx, ny] = result.geometry.size
  return result.maps[name][(z * ny + y) * nx + x]
}

async function failure(work: Promise<unknown>): Promise<UmbraError> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  )
  // Not instanceof: an error thrown in a worker keeps its name, code and words, not its class.
  expect(outcome).toMatchObject({ name: 'UmbraError' })
  return outcome as UmbraError
}

interface Floor {
  cbvMae?: number
  cbfMae: number
  cbfR: number
  mttMae?: number
  mttR?: number
  delayMae?: number
}

/**
 * Measured on this grid with textbook implementations: what a serious program must beat. One figure is a tie, cSVD's flow
 * for a residue that falls at once (textbook 10.9, ours 10.96; docs/perfusion-accuracy.md says why).
 */
const floors: Partial<Record<ResidueShape, Partial<Record<PerfusionMethod, Floor>>>> = {
  box: {
    bennink: { cbvMae: 0.01, cbfMae: 7.2, cbfR: 0.863, mttMae: 0.43, mttR: 0.998, delayMae: 0.21 },
    csvd: { cbfMae: 4.4, cbfR: 0.975, mttMae: 1.11, mttR: 0.996 },
    ssvd: { cbfMae: 7.6, cbfR: 0.921, mttMae: 1.44, mttR: 0.987 },
    osvd: { cbfMae: 19.1, cbfR: 0.513, mttMae: 4.66, mttR: 0.809 },
  },
  exponential: {
    bennink: { cbfMae: 19.8, cbfR: 0.993, mttMae: 5.84, mttR: 0.997 },
    csvd: { cbfMae: 11, cbfR: 0.982, mttMae: 2.26, mttR: 0.992 },
  },
}

describe.each(Object.entries(floors))('the tile phantom without noise, %s residue', (shape, byMethod) => {
  const phantom = tileSeries({ shape: shape as ResidueShape })

  it.each(Object.entries(byMethod))(
    'with %s is closer to the truth than the floor',
    async (method, floor) => {
      const result = await maps(phantom, method as PerfusionMethod)
      const [cbv, cbf, mtt, delay] = (['cbv', 'cbf', 'mtt', 'delay'] as const).map((name) =>
        errors(result, phantom, name),
      )
      expect(cbv.mae).toBeLessThan(floor.cbvMae ?? Infinity)
      expect(cbf.mae).toBeLessThan(floor.cbfMae)
      expect(cbf.r).toBeGreaterThan(floor.cbfR)
      expect(mtt.mae).toBeLessThan(floor.mttMae ?? Infinity)
      expect(mtt.r).toBeGreaterThan(floor.mttR ?? -1)
      expect(delay.mae).toBeLessThan(floor.delayMae ?? Infinity)
    },
  )
})

describe('the four methods', () => {
  const phantom = tileSeries({ volumes: [4] })
  const results = new Map<PerfusionMethod, PerfusionMaps>()
  beforeAll(async () => {
    for (const method of perfusionMethods) results.set(method, await maps(phantom, method))
  })
  const of = (method: PerfusionMethod): PerfusionMaps => results.get(method) as PerfusionMaps

  it('give four different flows', () => {
    for (const [i, one] of perfusionMethods.entries()) {
      for (const other of perfusionMethods.slice(i + 1)) {
        const flows = of(other).maps.cbf
        const { mae } = agreement(of(one).maps.cbf, flows)
        expect(mae, `${one} and ${other}`).toBeGreaterThan(0.1)
      }
    }
  })

  it('keep the central volume theorem: CBF · MTT = 60 · CBV', () => {
    for (const method of perfusionMethods) {
      const { cbf, cbv, mtt } = of(method).maps
      phantom.truth.cbv.forEach((known, i) => {
        if (known > 0) expect((cbf[i] * mtt[i]) / (60 * cbv[i])).toBeCloseTo(1, 4)
      })
    }
  })

  it('put Tmax of the box regression in the middle of the residue', () => {
    const result = of('bennink')
    for (let column = 0; column < 7; column++) {
      const centre = tileCentre(column, 3)
      expect(valueAt(result, 'tmax', centre)).toBeCloseTo(
        valueAt(result, 'delay', centre) + valueAt(result, 'mtt', centre) / 2,
        4,
      )
    }
  })

  it('count TTP from the arrival of the bolus to the peak of the tissue curve', () => {
    const artery = (t: number): number => PEAK_HU * gammaVariate(t)
    const fine = Float64Array.from({ length: 5800 }, (_, i) => i / 100)
    const curve = tissueCurve(artery, 'box', { cbv: 4, mtt: 6, delay: 1.5 }, fine)
    const peak = fine[curve.indexOf(Math.max(...curve))]
    const result = of('bennink')
    expect(Math.abs(valueAt(result, 'ttp', tileCentre(3, 3)) + result.arrival - peak)).toBeLessThan(0.3)
  })

  it('are 0 outside the mask', () => {
    for (const method of perfusionMethods) {
      const { maps: all, mask } = of(method)
      for (const map of Object.values(all)) {
        expect(map.every((value, i) => mask[i] === 1 || value === 0)).toBe(true)
      }
    }
  })

  it('fit a curve that runs through the samples of the voxel', () => {
    const centre = tileCentre(2, 2)
    for (const method of ['bennink', 'csvd'] as const) {
      const sample = sampleCurve(phantom.series, [centre], of(method))
      const [fitted, times] = [sample.fitted ?? [], sample.fittedTimes ?? []]
      const peak = Math.max(...sample.values) - sample.baseline
      sample.times.forEach((time, i) => {
        const at = times.findIndex((t) => t >= time - 1e-6)
        if (at < 0 || Math.abs(times[at] - time) > 0.02) return
        expect(Math.abs(fitted[at] + sample.baseline - sample.values[i])).toBeLessThan(0.12 * peak)
      })
      expect(sample.baseline).toBeCloseTo(35, 1)
    }
  })
})

describe('the curve of a region', () => {
  const { series } = tileSeries({ volumes: [2] })

  it('is the mean of its voxels with their standard deviation', () => {
    const pair: Vec3[] = [tileCentre(0, 0), tileCentre(6, 0)]
    const [one, other] = pair.map((voxel) => sampleCurve(series, [voxel], null).values)
    const both = sampleCurve(series, pair, null)
    both.values.forEach((value, i) => {
      expect(value).toBeCloseTo((one[i] + other[i]) / 2, 3)
      expect(both.deviation[i]).toBeCloseTo(Math.abs(one[i] - other[i]) / 2, 2)
    })
    expect(both).toMatchObject({ voxels: 2, fitted: null, fittedTimes: null })
  })

  it('is refused for a voxel outside the series', () => {
    expect(() => sampleCurve(series, [[0, 0, 1]], null)).toThrow(/0, 0, 1 is outside/)
  })
})

describe('the series folded over time', () => {
  const { series } = tileSeries({ volumes: [2] })
  const [nx] = series.geometry.size
  const at = 8 * nx + 8
  const volume = nx * nx
  const curve = Array.from({ length: series.frames }, (_, frame) => series.voxels[frame * volume + at])

  it('shows the highest value, the mean and the mean before the bolus', async () => {
    expect((await projectOverTime(series, 'maximum'))[at]).toBeCloseTo(Math.max(...curve), 3)
    const mean = curve.reduce((sum, value) => sum + value, 0) / curve.length
    expect((await projectOverTime(series, 'average'))[at]).toBeCloseTo(mean, 2)
    expect((await projectOverTime(series, 'baseline'))[at]).toBeCloseTo(40, 3)
  })
})

describe('settings', () => {
  const phantom = tileSeries({ volumes: [4] })

  it('scale CBV and CBF by κ/ρ, and leave times alone', async () => {
    const usual = await maps(phantom, 'csvd')
    const plain = await maps(phantom, 'csvd', { hematocritLarge: 0, hematocritSmall: 0, brainDensity: 1 })
    const centre = tileCentre(3, 2)
    for (const name of ['cbv', 'cbf'] as const) {
      const ratio = valueAt(usual, name, centre) / valueAt(plain, name, centre)
      expect(ratio).toBeCloseTo(TISSUE_FACTOR / 100, 4)
    }
    expect(valueAt(plain, 'mtt', centre)).toBeCloseTo(valueAt(usual, 'mtt', centre), 3)
  })

  it('take the arterial voxels a person names', async () => {
    const voxels: Vec3[] = [[7, 7, 0], [8, 8, 0]] // prettier-ignore
    const result = await maps(phantom, 'bennink', { arterialInput: { kind: 'voxels', voxels } })
    expect(result.aif.voxels).toEqual(voxels)
    expect(Math.max(...result.aif.curve)).toBeGreaterThan(0.9 * PEAK_HU)
    expect(errors(result, phantom, 'cbv').mae).toBeLessThan(0.05)
  })

  it('refuse an arterial voxel outside the series', async () => {
    const arterialInput = { kind: 'voxels' as const, voxels: [[500, 0, 0] as Vec3] }
    expect((await failure(maps(phantom, 'bennink', { arterialInput }))).code).toBe('voxel-outside')
  })

  it('refuse arterial voxels that no contrast reaches, saying that these were chosen', async () => {
    const still = tileSeries({ volumes: [4] })
    const { voxels, geometry, frames } = still.series
    const [nx, ny, nz] = geometry.size
    const [x, y] = tileCentre(3, 2)
    for (let frame = 0; frame < frames; frame++) voxels[(frame * nz * ny + y) * nx + x] = voxels[y * nx + x]
    const arterialInput = { kind: 'voxels' as const, voxels: [[x, y, 0] as Vec3] }
    const error = await failure(maps(still, 'csvd', { arterialInput }))
    expect(error.code).toBe('no-arterial-input')
    expect(error.message).toContain('chosen')
  })

  it('undo the partial volume of the artery by the vein', async () => {
    const half = tileSeries({ volumes: [4], arterialShare: 0.5 })
    const arterialInput = { kind: 'voxels' as const, voxels: [[7, 7, 0] as Vec3, [8, 8, 0] as Vec3] }
    const scaled = await maps(half, 'bennink', { arterialInput })
    expect(scaled.aif.scale).toBeGreaterThan(1.9)
    expect(scaled.aif.scale).toBeLessThan(2.1)
    const unscaled = await maps(half, 'bennink', { arterialInput, scaleToVenous: false })
    expect(unscaled.aif.scale).toBe(1)
    const centre = tileCentre(3, 2)
    expect(valueAt(unscaled, 'cbv', centre) / valueAt(scaled, 'cbv', centre)).toBeCloseTo(scaled.aif.scale, 1)
  })
})

describe('acquisition times', () => {
  it.each(['bennink', 'csvd'] as const)('that are uneven leave the maps of %s right', async (method) => {
    const times = [
      ...Array.from({ length: 28 }, (_, i) => 1.5 * i + 0.2 * Math.sin(5 * i)),
      ...[43, 46, 49, 52, 55, 58, 61],
    ]
    times[0] = 0
    const phantom = tileSeries({ volumes: [4], times })
    const result = await maps(phantom, method)
    expect(errors(result, phantom, 'cbv').mae).toBeLessThan(0.1)
    expect(errors(result, phantom, 'mtt').r).toBeGreaterThan(0.99)
    expect(result.warnings.map(({ code }) => code)).toContain('times-resampled')
  })

  it('that differ by slice leave no step between slices', async () => {
    const phantom = tileSeries({ volumes: [4, 4], sliceTime: (slice) => slice })
    const result = await maps(phantom, 'bennink')
    for (let column = 0; column < 7; column++) {
      const [one, other] = [0, 1].map((slice) => valueAt(result, 'delay', tileCentre(column, 3, slice)))
      expect(Math.abs(one - other)).toBeLessThan(0.3)
    }
  })
})

describe('tissue that fills before the chosen artery', () => {
  it.each(['bennink', 'csvd', 'osvd'] as const)('has a negative delay with %s', async (method) => {
    const phantom = tileSeries({ volumes: [4] })
    const { series } = phantom
    const [nx, ny] = series.geometry.size
    // A late artery beside the tiles: the same bolus 2 s later.
    for (let frame = 0; frame < series.frames; frame++) {
      const value = 40 + PEAK_HU * gammaVariate(series.times[frame] - 2)
      for (let y = 88; y < 92; y++) {
        for (let x = 4; x < 8; x++) series.voxels[(frame * ny + y) * nx + x] = value
      }
    }
    const arterialInput = { kind: 'voxels' as const, voxels: [[5, 89, 0] as Vec3, [6, 90, 0] as Vec3] }
    const result = await maps(phantom, method, { arterialInput, scaleToVenous: false })
    for (const column of [1, 3, 5]) {
      const delay = valueAt(result, 'delay', tileCentre(column, 1))
      expect(delay).toBeLessThan(-0.8)
      expect(delay).toBeGreaterThan(-2.2)
    }
  })
})

describe('a study without what maps need', () => {
  it('is refused with too few time points, saying how many there are', async () => {
    const error = await failure(maps(tileSeries({ volumes: [4], times: [0, 2, 4, 6] }), 'bennink'))
    expect(error.code).toBe('too-few-time-points')
    expect(error.message).toContain('4 time points')
  })

  it('is refused with times that stand still', async () => {
    const times = Array.from({ length: 30 }, (_, i) => (i < 15 ? 2 * i : 28))
    const error = await failure(maps(tileSeries({ volumes: [4], times }), 'bennink'))
    expect(error.code).toBe('no-acquisition-times')
  })

  it('is refused without soft tissue', async () => {
    const phantom = tileSeries({ volumes: [4] })
    phantom.series.voxels.fill(-1000)
    expect((await failure(maps(phantom, 'bennink'))).code).toBe('no-brain')
  })

  it.each(perfusionMethods)(
    'is refused without contrast with %s, not answered with a map of noise',
    async (method) => {
      const phantom = tileSeries({ volumes: [4], noise: 3, earliestBolus: 1e6 })
      const error = await failure(maps(phantom, method))
      expect(['no-contrast', 'no-arterial-input']).toContain(error.code)
      expect(error.message).toMatch(/contrast|artery/)
    },
  )
})
