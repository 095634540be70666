import { beforeAll, describe, expect, it } from 'vitest'
import { mapNames, type MapName, type MapsMethod } from '@contract'
import { findingsTables, judgeMaps, type Finding } from '../../../src-main/engine/evaluation'
import type { PerfusionMaps } from '../../../src-main/engine/perfusion'
import { makePhantom, phantomOptions, phantomTruth } from '../../../src-main/engine/phantom'

/** A slice whose maps are the truth, but for those that are taken away. */
async function judge(lesion: string, without: MapName[] = [], method: MapsMethod = 'cnn'): Promise<Finding> {
  const phantom = await makePhantom(
    phantomOptions({ size: 96, slices: 1, thickness: 10, volumes: 12, lesion }),
  )
  const truth = phantomTruth(phantom)
  const maps = Object.fromEntries(
    mapNames.map((name) => [
      name,
      without.includes(name) ? new Float32Array(truth.mask.length) : truth.maps[name],
    ]),
  )
  const result = { maps, mask: truth.mask, geometry: phantom.geometry } as unknown as PerfusionMaps
  const judged = await judgeMaps(result, truth, phantom.voxels.lesion)
  return { experiment: 'dose', condition: 'noise × 1', method, patient: 0, seconds: 1, ...judged }
}

describe('an empty class', () => {
  let normal: Finding
  beforeAll(async () => {
    normal = await judge('none')
  })

  it('no lesion: no Dice coefficient, and below the table why', () => {
    expect(normal.dice).toEqual({ core: null, hypoperfused: null })
    const tables = findingsTables([normal])
    expect(tables).toContain('No Dice coefficient of the core: no patient has one')
    expect(tables).toContain('No Dice coefficient of hypoperfused tissue: no patient has any')
  })

  it('a lesion: a Dice coefficient, and nothing below the table', async () => {
    const finding = await judge('mca-left:8+25')
    expect(finding.dice.hypoperfused).toBeGreaterThan(0.8)
    expect(findingsTables([normal, finding])).not.toContain('No Dice')
  })

  it('a map that the network does not give has no figures, and what it would show no Dice coefficient', async () => {
    const { maps, dice } = await judge('mca-left:8+25', ['tmax', 'cbv'])
    expect(maps.cbv).toMatchObject({ voxels: 0, pearson: null, mae: null })
    expect(maps.cbf.pearson).toBeCloseTo(1, 6)
    expect(dice.hypoperfused).toBeNull()
    expect(dice.core).not.toBeNull()
  })
})
