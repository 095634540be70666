import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { perfusionSettingsSchema, type SeriesSummary } from '@contract'
import { createEngine, type Engine } from '../../../src-main/engine/engine'
import { clientOf } from './client'
import { smallStudy } from './smallStudy'

const settings = perfusionSettingsSchema.parse({ method: 'csvd' })
let study: { folder: string; dicom: string }
let data: string
let engine: Engine
let client: ReturnType<typeof clientOf>
let count = 0

beforeAll(async () => {
  study = await smallStudy()
})
afterAll(() => rm(study.folder, { recursive: true, force: true }))
beforeEach(() => {
  data = join(study.folder, `data-${count++}`)
  engine = createEngine({ dataDirectory: data })
  client = clientOf(engine)
})
afterEach(() => engine.close())

async function openPerfusion(): Promise<SeriesSummary> {
  const catalogue = await client.run('study.open', { paths: [study.dicom] })
  const series = catalogue.studies.flatMap((each) => each.series)
  expect(series).toHaveLength(1)
  return series[0]
}

describe('the engine at its boundary', () => {
  it('refuses an unknown request, and params that break the contract, naming the field', async () => {
    await expect(engine.request('study.explode', {})).rejects.toMatchObject({ code: 'unknown-method' })
    await expect(engine.request('__proto__', {})).rejects.toMatchObject({ code: 'unknown-method' })
    const wrong = engine.request('study.open', { paths: 'a' })
    await expect(wrong).rejects.toMatchObject({ code: 'invalid-request' })
    await expect(wrong).rejects.toThrow('paths')
  })

  it('says that no study is open where one is needed', async () => {
    await expect(client.call('series.thumbnail', { seriesKey: 'x' })).rejects.toMatchObject({
      code: 'no-study',
    })
    expect(await client.call('study.current', {})).toBeNull()
  })

  it('tells what it runs on', async () => {
    const about = await client.call('engine.about', {})
    expect(about.cores).toBeGreaterThan(0)
    expect(about.memoryUsed).toBeLessThan(about.memoryTotal)
    expect(about.notices).toEqual([])
  })
})

describe('the engine with a study', () => {
  it('reads it, and gives every frame byte for byte as the curve says', async () => {
    const { key, size, timePoints } = await openPerfusion()
    const loaded = await client.run('series.load', { seriesKey: key })
    expect(loaded.voxels).toMatchObject({ type: 'int16', frames: timePoints, geometry: { size } })
    const [nx, ny] = size
    const voxel: [number, number, number] = [40, 50, 1]
    const curve = await client.call('series.curve', { seriesKey: key, voxels: [voxel], mapsId: null })
    const index = voxel[0] + nx * (voxel[1] + ny * voxel[2])
    const stored = Array.from({ length: timePoints }, (_, frame) => {
      const bytes = engine.readVoxels(loaded.voxels.id, frame)
      return new DataView(bytes.buffer, bytes.byteOffset).getInt16(index * 2, true)
    })
    const { slope, intercept } = loaded.voxels
    const values = stored.map((value) => value * slope + intercept)
    expect(curve.values).toHaveLength(timePoints)
    curve.values.forEach((value, frame) => expect(value).toBeCloseTo(values[frame], 3))
    expect(() => engine.readVoxels(loaded.voxels.id, timePoints)).toThrow('no frame')
    expect(() => engine.readVoxels('nothing', 0)).toThrow('no longer in memory')
  })

  it('joins two readings of one series into one job', async () => {
    const { key } = await openPerfusion()
    const [first, second] = await Promise.all([
      client.start('series.load', { seriesKey: key }),
      client.start('series.load', { seriesKey: key }),
    ])
    expect(second).toBe(first)
    expect((await client.ended(first)).state).toBe('done')
  })

  it('computes maps once: the same request again, and after a restart, is answered from what is kept', async () => {
    const { key } = await openPerfusion()
    const first = await client.run('maps.compute', { seriesKey: key, settings })
    const cbf = Buffer.from(engine.readVoxels(first.maps[0].voxels.id, 0))
    expect(new Float32Array(new Uint8Array(cbf).buffer).some((value) => value > 0)).toBe(true)
    const again = await client.run('maps.compute', { seriesKey: key, settings })
    expect(again.mapsId).toBe(first.mapsId)
    const other = await client.run('maps.compute', {
      seriesKey: key,
      settings: { ...settings, hematocritSmall: 0.3 },
    })
    expect(other.mapsId).not.toBe(first.mapsId)
    const { results } = await client.call('maps.list', { seriesKey: key })
    expect(results.map((result) => result.mapsId).sort()).toEqual([first.mapsId, other.mapsId].sort())

    await engine.close()
    engine = createEngine({ dataDirectory: data })
    client = clientOf(engine)
    const reopened = await openPerfusion()
    const jobId = await client.start('maps.compute', { seriesKey: reopened.key, settings })
    const job = await client.ended(jobId)
    expect(job.log.map((line) => line.text).join()).toContain('computed before')
    expect(job.result).toMatchObject({ mapsId: first.mapsId })
    expect(Buffer.from(engine.readVoxels(first.maps[0].voxels.id, 0)).equals(cbf)).toBe(true)
  })

  it('computes again where the kept maps are damaged', async () => {
    const { key } = await openPerfusion()
    const { mapsId } = await client.run('maps.compute', { seriesKey: key, settings })
    await engine.close()
    await writeFile(join(data, 'maps', mapsId, 'cbf.f32'), 'short')
    engine = createEngine({ dataDirectory: data })
    client = clientOf(engine)
    const reopened = await openPerfusion()
    const again = await client.run('maps.compute', { seriesKey: reopened.key, settings })
    expect(again.mapsId).toBe(mapsId)
    expect(engine.readVoxels(again.maps[0].voxels.id, 0).some((byte) => byte > 0)).toBe(true)
  })

  it('stops a computation that is cancelled half-way, and computes it when asked again', async () => {
    const { key } = await openPerfusion()
    const params = { seriesKey: key, settings: { ...settings, method: 'bennink' as const } }
    const jobId = await client.start('maps.compute', params)
    await new Promise<void>((resolve) => {
      const stop = engine.subscribe(({ job }) => {
        if (job.id !== jobId || job.progress === 0) return
        stop()
        resolve()
      })
    })
    await client.call('jobs.cancel', { jobId })
    expect((await client.ended(jobId)).state).toBe('cancelled')
    expect((await client.call('maps.list', { seriesKey: key })).results).toEqual([])
    expect((await client.run('maps.compute', params)).method).toBe('bennink')
  })

  it('writes what `umbra maps` writes into a folder', async () => {
    const { key } = await openPerfusion()
    const { mapsId } = await client.run('maps.compute', { seriesKey: key, settings })
    const directory = join(study.folder, `export-${count}`)
    const { files } = await client.run('maps.export', { mapsId, directory })
    expect(files).toContain('cbf.nii.gz')
    expect(await readdir(directory)).toEqual(
      expect.arrayContaining(['cbf.nii.gz', 'summary.json', 'montage.png']),
    )
    const relative = client.run('maps.export', { mapsId, directory: 'somewhere' })
    await expect(relative).rejects.toMatchObject({ code: 'invalid-path' })
  })

  it('projects over time: the maximum is nowhere below the average', async () => {
    const { key } = await openPerfusion()
    const maximum = await client.run('series.project', { seriesKey: key, projection: 'maximum' })
    const average = await client.run('series.project', { seriesKey: key, projection: 'average' })
    const values = (id: string): Float32Array =>
      new Float32Array(new Uint8Array(engine.readVoxels(id, 0)).buffer)
    const mean = values(average.id)
    expect(values(maximum.id).every((value, index) => value >= mean[index] - 1e-3)).toBe(true)
  })

  it('shows a thumbnail, remembers the study, and forgets it when told', async () => {
    const { key } = await openPerfusion()
    const picture = await client.call('series.thumbnail', { seriesKey: key })
    expect(engine.readVoxels(picture.id, 0).byteLength).toBe(
      picture.geometry.size[0] * picture.geometry.size[1],
    )
    expect((await client.call('study.recent', {})).recent.map(({ paths }) => paths)).toEqual([[study.dicom]])
    await client.call('study.forget', { paths: [study.dicom] })
    expect((await client.call('study.recent', {})).recent).toEqual([])
  })

  it('lets go of everything when the study is closed or another is opened', async () => {
    const { key } = await openPerfusion()
    const first = await client.run('series.load', { seriesKey: key })
    await openPerfusion()
    expect(() => engine.readVoxels(first.voxels.id, 0)).toThrow('no longer in memory')
    await client.call('study.close', {})
    expect(await client.call('study.current', {})).toBeNull()
  })

  it('keeps the open study when opening another fails', async () => {
    await openPerfusion()
    await expect(client.run('study.open', { paths: ['/no/such/folder'] })).rejects.toThrow()
    expect((await client.call('study.current', {}))?.studies).toHaveLength(1)
  })

  it('opens what it is given at the start before it answers what is open', async () => {
    await engine.close()
    engine = createEngine({ dataDirectory: data, open: [study.dicom] })
    client = clientOf(engine)
    expect((await client.call('study.current', {}))?.studies).toHaveLength(1)
  })

  it('does not remember studies that lie in a transient folder', async () => {
    await engine.close()
    engine = createEngine({ dataDirectory: data, transientDirectory: study.folder })
    client = clientOf(engine)
    await openPerfusion()
    expect((await client.call('study.recent', {})).recent).toEqual([])
  })
})

describe('the settings', () => {
  it('are kept for the next start', async () => {
    const perfusion = { ...settings, smoothInPlaneMm: 3 }
    await client.call('settings.set', { perfusion })
    await engine.close()
    engine = createEngine({ dataDirectory: data })
    client = clientOf(engine)
    expect((await client.call('settings.get', {})).perfusion).toEqual(perfusion)
  })

  it('change one by one: a chosen backend leaves the perfusion settings, and the reverse', async () => {
    const perfusion = { ...settings, smoothInPlaneMm: 3 }
    await client.call('settings.set', { perfusion })
    await client.call('settings.set', { backend: 'wasm' })
    expect(await client.call('settings.get', {})).toEqual({ perfusion, backend: 'wasm' })
  })

  it('of an earlier version, which had no backend, are read', async () => {
    await engine.close()
    await mkdir(data, { recursive: true })
    await writeFile(join(data, 'settings.json'), JSON.stringify({ perfusion: settings }))
    engine = createEngine({ dataDirectory: data })
    client = clientOf(engine)
    expect(await client.call('settings.get', {})).toEqual({ perfusion: settings, backend: 'auto' })
    expect((await client.call('engine.about', {})).notices).toEqual([])
  })

  it('survive a damaged file: it is set aside, and the engine says so', async () => {
    await engine.close()
    await mkdir(data, { recursive: true })
    await writeFile(join(data, 'settings.json'), '{"perfusion": {"method": "ben')
    engine = createEngine({ dataDirectory: data })
    client = clientOf(engine)
    expect((await client.call('settings.get', {})).perfusion.method).toBe('bennink')
    const { notices } = await client.call('engine.about', {})
    expect(notices).toMatchObject([{ code: 'damaged-file' }])
    const aside = (await readdir(data)).find((name) => name.includes('damaged'))
    expect(await readFile(join(data, aside as string), 'utf8')).toContain('"ben')
  })
})
