import { describe, expect, it } from 'vitest'
import {
  perfusionMethods,
  perfusionSettingsSchema,
  type MapName,
  type PerfusionMethod,
} from '../../../src-main/contract'
import { computePerfusion, type PerfusionMaps } from '../../../src-main/engine/perfusion'
import { agreement } from './kudo'
import { tileSeries, type TileSeries } from './kudoSeries'

const settings = (method: PerfusionMethod) => perfusionSettingsSchema.parse({ method })

/** Errors over the voxels that have truth and lie in the mask. */
function compare(result: PerfusionMaps, { truth }: TileSeries, name: 'cbv' | 'cbf' | 'mtt' | 'delay') {
  const voxels = Array.from(truth.cbv.keys()).filter((i) => truth.cbv[i] > 0 && result.mask[i] === 1)
  return {
    voxels: voxels.length,
    ...agreement(
      voxels.map((i) => result.maps[name as MapName][i]),
      voxels.map((i) => truth[name][i]),
    ),
  }
}

describe('the maps of the tile phantom with a box residue, artery and vein found automatically', () => {
  const phantom = tileSeries()

  it('are right with the box regression', async () => {
    const result = await computePerfusion(phantom.series, settings('bennink'))
    for (const name of ['cbv', 'cbf', 'mtt', 'delay'] as const) {
      const { r, voxels } = compare(result, phantom, name)
      expect(voxels).toBe(3 * 49 * 36)
      expect(r, name).toBeGreaterThan(0.99)
    }
    expect(compare(result, phantom, 'cbv').mae).toBeLessThan(0.05)
  })

  it.each(perfusionMethods)('have the right volumes with %s', async (method) => {
    const result = await computePerfusion(phantom.series, settings(method))
    expect(compare(result, phantom, 'cbv').mae).toBeLessThan(0.05)
    for (const map of Object.values(result.maps)) expect(map.every(Number.isFinite)).toBe(true)
  })
})
