import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SeriesSummary } from '@contract'
import { createEngine, type Engine } from '../../../src-main/engine/engine'
import { makePhantom, phantomOptions, writePhantomStudy } from '../../../src-main/engine/phantom'
import { clientOf } from './client'

const anatomy = { size: 64, slices: 8, noise: 3, lesion: 'none' } as const
let folder: string
let engine: Engine
let client: ReturnType<typeof clientOf>
let perfusion: SeriesSummary
let mr: SeriesSummary

async function open(): Promise<void> {
  engine = createEngine({ dataDirectory: join(folder, 'data') })
  client = clientOf(engine)
  const paths = [join(folder, 'ct', 'dicom'), join(folder, 'mr', 'dicom')]
  const catalogue = await client.run('study.open', { paths })
  const series = catalogue.studies.flatMap((each) => each.series)
  ;[perfusion, mr] = ['CT', 'MR'].map((modality) => series.find((each) => each.modality === modality)!)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'umbra-fusion-'))
  const ct = await makePhantom(phantomOptions({ ...anatomy, volumes: 12, interval: 3 }))
  const other = await makePhantom(phantomOptions({ ...anatomy, volumes: 1, modality: 'mr', slices: 10 }))
  await writePhantomStudy(ct, join(folder, 'ct'))
  await writePhantomStudy(other, join(folder, 'mr'))
  await open()
})
afterAll(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

describe('an MR volume of the patient over the perfusion series', () => {
  it('is registered, put on the grid of the series, and its place is kept', async () => {
    const asked = { seriesKey: perfusion.key, otherKey: mr.key }
    const fused = await client.run('series.fuse', asked)
    expect(fused).toMatchObject({ otherKey: mr.key, modality: 'MR', kept: false })
    expect(fused.voxels.geometry.size).toEqual([64, 64, 8])
    expect(fused.alignment.similarity).toBeGreaterThanOrEqual(fused.alignment.similarityBefore)
    expect(Math.hypot(...fused.alignment.translation)).toBeLessThan(2)
    expect(engine.readVoxels(fused.voxels.id, 0)).toHaveLength(4 * 64 * 64 * 8)
    expect(await readdir(join(folder, 'data', 'registrations'))).toHaveLength(1)

    await engine.close()
    await open()
    const again = await client.run('series.fuse', { seriesKey: perfusion.key, otherKey: mr.key })
    expect(again.kept).toBe(true)
    expect(again.alignment).toEqual(fused.alignment)
  })

  it('is refused where the other series runs over time', async () => {
    const asked = { seriesKey: mr.key, otherKey: perfusion.key }
    await expect(client.run('series.fuse', asked)).rejects.toMatchObject({ code: 'not-comparable' })
  })
})
