import { beforeAll, describe, expect, it } from 'vitest'
import type { ModelSpec } from '../../../src-main/engine/networks'
import { inputSpecSchema, networkSchema } from '../../../src-main/engine/networks'
import { makePhantom, phantomOptions, phantomSeries } from '../../../src-main/engine/phantom'
import { findModel, predictMaps, type Predictor } from '../../../src-main/engine/prediction'
import type { VolumeSeries } from '../../../src-main/engine/volume'

let series: VolumeSeries
beforeAll(async () => {
  series = await phantomSeries(
    await makePhantom(
      phantomOptions({ size: 96, slices: 3, thickness: 10, interval: 2, volumes: 26, noise: 3 }),
    ),
  )
})

const spec = (maps: ModelSpec['outputs'], spacing: number | null): ModelSpec => ({
  format: 1,
  name: 'stand-in',
  network: networkSchema.parse({ name: 'perfusion-unet' }),
  input: inputSpecSchema.parse({ timePoints: 10, interval: 3, spacing }),
  outputs: maps,
  weightsSha256: 'none',
  parameters: 0,
  created: '',
  version: '',
})

/** Its first map is the baseline channel as it went in, its second a constant: what comes out where can be checked. */
function standIn(spacing: number | null, maps: ModelSpec['outputs']): Predictor {
  const described = spec(maps, spacing)
  return {
    spec: described,
    infer: async (input, rows, columns) => {
      expect([rows % 16, columns % 16]).toEqual([0, 0])
      const output = new Float32Array(rows * columns * maps.length)
      for (let i = 0; i < rows * columns; i++) {
        for (let map = 0; map < maps.length; map++) {
          output[i * maps.length + map] = map === 0 ? input[i * 10] : 0.5
        }
      }
      return output
    },
  }
}

const three: ModelSpec['outputs'] = [
  { map: 'cbv', scale: 8 },
  { map: 'cbf', scale: 80 },
  { map: 'tmax', scale: 20 },
]

describe('maps by a network', () => {
  it.each([null, 4.8, 1.2])('come back in their place and unit, from pixels of %s mm', async (spacing) => {
    const result = await predictMaps(standIn(spacing, three), series)
    const [nx, ny, nz] = series.geometry.size
    expect(result.method).toBe('cnn')
    expect(result.model).toEqual({ name: 'stand-in', weightsSha256: 'none' })
    expect(result.geometry).toEqual(series.geometry)
    const errors: number[] = []
    let inside = 0
    for (let i = 0; i < nx * ny * nz; i++) {
      if (!result.mask[i]) {
        expect(result.maps.cbv[i]).toBe(0)
        continue
      }
      inside++
      expect(result.maps.cbf[i]).toBeCloseTo(40, 3)
      expect(result.maps.tmax[i]).toBeCloseTo(10, 3)
      errors.push(Math.abs(result.maps.cbv[i] / 8 - (baseline(series, result.baselineFrames, i) - 30) / 20))
    }
    expect(inside).toBeGreaterThan(2000)
    errors.sort((a, b) => a - b)
    // Half of the voxels, so that coarse pixels at edges do not count: in place, not mirrored, not shifted.
    expect(errors[errors.length >> 1]).toBeLessThan(spacing === null ? 1e-3 : 0.2)
  })

  it.each<[string, [number, number]]>([
    ['as large as the image', [96, 96]],
    ['larger than the image', [112, 128]],
    ['just larger than the brain', [80, 80]],
  ])('come back in their place from a network that takes only images %s', async (_, size) => {
    const free = await predictMaps(standIn(null, three), series)
    const predictor = standIn(null, three)
    const asked: number[][] = []
    const fixed = await predictMaps(
      {
        spec: { ...predictor.spec, size },
        infer: (input, rows, columns) => {
          asked.push([rows, columns])
          return predictor.infer(input, rows, columns)
        },
      },
      series,
    )
    expect(new Set(asked.map(String))).toEqual(new Set([String(size)]))
    expect(fixed.maps.cbv).toEqual(free.maps.cbv)
  })

  it('refuses a network for images smaller than the brain', async () => {
    const predictor = standIn(null, three)
    const small = { ...predictor, spec: { ...predictor.spec, size: [32, 32] as [number, number] } }
    await expect(predictMaps(small, series)).rejects.toMatchObject({ code: 'network-shape' })
  })

  it('derives MTT and delay, and names what it cannot know', async () => {
    const result = await predictMaps(standIn(null, three), series)
    const at = result.mask.findIndex((value, i) => value === 1 && result.maps.cbv[i] > 0.5)
    const { cbv, cbf, mtt, tmax, delay, ttp } = result.maps
    expect(mtt[at]).toBeCloseTo(Math.min((60 * cbv[at]) / cbf[at], 45), 4)
    expect(delay[at]).toBeCloseTo(Math.max(0, tmax[at] - mtt[at] / 2), 4)
    expect(ttp.every((value) => value === 0)).toBe(true)
    expect(result.warnings.find(({ code }) => code === 'maps-not-predicted')?.message).toContain('TTP')
  })

  it('refuses MR, and a model that is not there', async () => {
    const mr: VolumeSeries = { ...series, kind: 'mr-perfusion', modality: 'MR' }
    await expect(predictMaps(standIn(null, three), mr)).rejects.toMatchObject({ code: 'wrong-modality' })
    await expect(findModel('no-such-network')).rejects.toMatchObject({ code: 'no-such-model' })
  })

  it('stops when it is cancelled', async () => {
    const abort = new AbortController()
    const run = { signal: abort.signal, onProgress: () => abort.abort() }
    await expect(predictMaps(standIn(null, three), series, undefined, run)).rejects.toThrow(/abort/i)
  })
})

function baseline({ voxels, geometry }: VolumeSeries, frames: number, voxel: number): number {
  const length = geometry.size[0] * geometry.size[1] * geometry.size[2]
  let sum = 0
  for (let frame = 0; frame < frames; frame++) sum += voxels[frame * length + voxel] / frames
  return Math.min(Math.max(sum, -30), 110)
}
