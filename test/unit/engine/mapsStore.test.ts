import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mapNames, perfusionSettingsSchema, type MapName } from '@contract'
import { openMapsStore } from '../../../src-main/engine/cases/mapsStore'
import type { PerfusionMaps } from '../../../src-main/engine/perfusion'

const settings = perfusionSettingsSchema.parse({ method: 'ssvd' })
const size: [number, number, number] = [8, 8, 2]

function result(value: number): PerfusionMaps {
  const maps = {} as Record<MapName, Float32Array>
  mapNames.forEach((name, index) => (maps[name] = new Float32Array(128).fill(value + index)))
  return {
    method: 'ssvd',
    settings,
    geometry: {
      size,
      spacing: [1, 1, 5],
      origin: [0, 0, 0],
      direction: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
      frameOfReference: '1.2.3',
    },
    maps,
    mask: new Uint8Array(128).fill(1),
    aif: {
      voxels: [[1, 2, 0]],
      times: [0, 1],
      curve: [0, 5],
      scale: 1,
      quality: {
        grade: 'good',
        score: 0.9,
        peak: 5,
        timeToPeak: 1,
        fullWidthHalfMaximum: 1,
        area: 5,
        reasons: [],
      },
    },
    vof: null,
    baselineFrames: 1,
    arrival: 0.5,
    timeStep: 1,
    warnings: [{ code: 'short', message: 'Short.' }],
    timings: { total: 1 },
  }
}

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'umbra-maps-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('the store of maps', () => {
  it('gives back what it was given, voxel for voxel', async () => {
    const store = openMapsStore(directory)
    expect(await store.find('key')).toBeNull()
    await store.save('key', result(3))
    expect(await openMapsStore(directory).find('key')).toEqual(result(3))
  })

  it('does not take an incomplete or damaged result for a whole one', async () => {
    const store = openMapsStore(directory)
    for (const [key, file, content] of [
      ['no-map', 'tmax.f32', null],
      ['short-map', 'tmax.f32', 'abc'],
      ['no-description', 'maps.json', null],
      ['broken-description', 'maps.json', '{'],
      ['other-description', 'maps.json', '{"method":"ssvd"}'],
    ] as const) {
      await store.save(key, result(1))
      if (content === null) await rm(join(directory, key, file))
      else await writeFile(join(directory, key, file), content)
      expect(await store.find(key), key).toBeNull()
    }
  })

  it('lets the least recently used go beyond its limit, and what was never finished', async () => {
    const bytesOfOne = 128 * 4 * 6 + 128 + 2000
    const store = openMapsStore(directory, bytesOfOne * 2)
    await store.save('old', result(1))
    await store.save('used', result(2))
    const longAgo = new Date(Date.now() - 60_000)
    for (const key of ['old', 'used']) await utimes(join(directory, key, 'maps.json'), longAgo, longAgo)
    await store.find('used')
    await store.save('unfinished', result(4))
    await rm(join(directory, 'unfinished', 'maps.json'))
    await store.save('new', result(3))
    expect((await readdir(directory)).sort()).toEqual(['new', 'used'])
  })
})
