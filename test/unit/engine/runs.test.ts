import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  pipelineSettingsSchema,
  structureNames,
  tissueAtRiskPresets,
  usualRule,
  type PipelineResult,
  type SeriesSummary,
  type StructureName,
} from '@contract'
import { createEngine, type Engine } from '../../../src-main/engine/engine'
import { makePhantom, phantomOptions, writePhantomStudy } from '../../../src-main/engine/phantom'
import { clientOf } from './client'

const head = { size: 64, slices: 5, volumes: 20, interval: 2, noise: 1, motion: 3, lesion: 'none' } as const
const settings = pipelineSettingsSchema.parse({
  deconvolve: { method: 'csvd' },
  predict: { enabled: false },
})
let folder: string
let engine: Engine
let client: ReturnType<typeof clientOf>
let series: SeriesSummary
let ran: PipelineResult

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'umbra-runs-'))
  await writePhantomStudy(await makePhantom(phantomOptions(head)), join(folder, 'study'))
  engine = createEngine({ dataDirectory: join(folder, 'data') })
  client = clientOf(engine)
  const catalogue = await client.run('study.open', { paths: [join(folder, 'study', 'dicom')] })
  ;[series] = catalogue.studies[0].series
  ran = await client.run('pipeline.run', { seriesKey: series.key, settings, directory: null })
}, 240_000)
afterAll(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

const mapsIdOf = ({ maps }: PipelineResult): string => maps?.mapsId ?? expect.fail('There are no maps.')
const frameOf = (id: string, frame: number): Int16Array => {
  const { buffer, byteOffset, byteLength } = engine.readVoxels(id, frame)
  return new Int16Array(buffer, byteOffset, byteLength / 2)
}

describe('the images of a run', () => {
  it('are those with the motion taken back, on the clock of those that were acquired', async () => {
    const acquired = await client.run('series.load', { seriesKey: series.key })
    const asked = { seriesKey: series.key, mapsId: mapsIdOf(ran) }
    const corrected = (await client.run('series.corrected', asked)) ?? expect.fail('Nothing moved.')
    expect(corrected.frames).toEqual(Array.from({ length: 20 }, (_, frame) => frame))
    expect(corrected.times).toEqual(acquired.times)
    const states = ran.maps?.motion?.frames ?? []
    expect(states.filter(({ state }) => state === 'corrected').length).toBeGreaterThan(10)
    for (const { frame, state } of states) {
      const read = frameOf(acquired.voxels.id, frame)
      const same = frameOf(corrected.voxels.id, frame).every((value, i) => value === read[i])
      expect(same, `frame ${frame}`).toBe(state === 'kept')
    }
  })

  it('are what is projected and what curves are taken from, unless those that were acquired are asked for', async () => {
    const asked = { seriesKey: series.key, mapsId: mapsIdOf(ran) }
    const [still, moving] = await Promise.all([
      client.run('series.project', { ...asked, projection: 'maximum' }),
      client.run('series.project', { seriesKey: series.key, projection: 'maximum' }),
    ])
    expect(still.id).not.toBe(moving.id)
    // At the edge of the skull.
    const voxels: [number, number, number][] = [[32, 5, 2]]
    const curve = await client.call('series.curve', { ...asked, voxels })
    const asAcquired = await client.call('series.curve', { ...asked, voxels, corrected: false })
    expect(curve.values).not.toEqual(asAcquired.values)
    expect(curve.times).toHaveLength(20)
    expect(asAcquired.fitted).not.toBeNull()
  })

  it('lack the frames that moved too far, and keep the times of the others', async () => {
    const furthest = ran.maps?.motion?.frames.map(({ displacementMm }) => displacementMm) ?? []
    const limitMm = [...furthest].sort((a, b) => b - a)[1] - 1e-3
    const strict = { ...settings, motion: { ...settings.motion, limitMm } }
    const again = await client.run('pipeline.run', {
      seriesKey: series.key,
      settings: strict,
      directory: null,
    })
    const asked = { seriesKey: series.key, mapsId: mapsIdOf(again) }
    const corrected = (await client.run('series.corrected', asked)) ?? expect.fail('Nothing moved.')
    const leftOut = again.maps?.motion?.leftOut ?? []
    expect(leftOut.length).toBeGreaterThan(0)
    expect(corrected.voxels.frames).toBe(20 - leftOut.length)
    expect(corrected.frames.some((frame) => leftOut.includes(frame))).toBe(false)
    expect(corrected.times).toEqual(corrected.frames.map((frame) => 2 * frame))
  })
})

it('what a run found of its maps is what the window is told, without another look', async () => {
  const quality = ran.run.steps.find(({ step }) => step === 'quality')
  const choice = { rule: usualRule, referenceSide: 'automatic' } as const
  const told = await client.run('maps.assess', { mapsId: mapsIdOf(ran), ...choice })
  const remarks = told.quality.filter(({ grade }) => grade !== 'green')
  expect(quality?.warnings.map(({ code }) => code)).toEqual(remarks.map(({ check }) => `quality-${check}`))
})

it('what the network found stands beside every rule that is tried on them', async () => {
  const withNetwork = { ...settings, predict: { ...settings.predict, enabled: true } }
  const request = { seriesKey: series.key, settings: withNetwork, directory: null }
  const compared = await client.run('pipeline.run', request)
  for (const { rule } of tissueAtRiskPresets.slice(0, 2)) {
    const choice = { rule, referenceSide: 'automatic' } as const
    const told = await client.run('maps.assess', { mapsId: mapsIdOf(compared), ...choice })
    const lines = told.quality.map(({ check }) => check)
    expect(
      lines.filter((check) => check === 'network'),
      rule.name,
    ).toHaveLength(1)
  }
})

it('the skull, fluid, vessels and the midline of its maps can be seen', async () => {
  const { labels } = await client.run('maps.structures', { mapsId: mapsIdOf(ran) })
  const voxels = engine.readVoxels(labels.id, 0)
  const has = (name: StructureName): boolean => voxels.includes(structureNames.indexOf(name) + 1)
  expect(structureNames.filter(has)).toEqual(expect.arrayContaining(['skull', 'fluid', 'vessels']))
})

it('series of the open study become studies of the queue, by its own settings, and lines of its table', async () => {
  const directory = join(folder, 'results')
  await client.call('queue.settings', { method: 'ssvd', network: false, motion: false })
  const queued = await client.call('queue.addSeries', { seriesKeys: [series.key], directory })
  expect(queued.items[0]).toMatchObject({ study: expect.stringMatching(/^UMBRA-HEAD-1/), series: series.key })
  expect(queued.settings).toMatchObject({ method: 'ssvd', notReliable: 'everything' })
  await vi.waitFor(async () => expect((await client.call('queue.state', {})).items[0].state).toBe('done'), {
    timeout: 120_000,
    interval: 200,
  })
  const { csv } = await client.call('queue.table', {})
  expect(csv.split('\r\n')[1]).toMatch(/^UMBRA-HEAD-1.*,done,/)
  expect(existsSync(join(directory, 'cohort.csv'))).toBe(true)
})
