import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseDicom } from 'dicom-parser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mapNames, type Geometry } from '@contract'
import { exportMaps, type ExportSummary } from '../../../src-main/engine/export'
import { structureLabels } from '../../../src-main/engine/masks'
import { readNifti, voxelVolume } from '../../../src-main/engine/volume'
import { axial } from '../volume/grids'
import { headResult, headSeries } from './result'

const grid: Geometry = { ...axial, size: [24, 20, 3], spacing: [8, 8, 5] }
const series = headSeries(grid)
const result = headResult(grid)
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'umbra-export-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const complete = [
  ...mapNames.map((name) => `${name}.nii.gz`),
  ...mapNames.flatMap((name) => [`dicom/${name}-colour.dcm`, `dicom/${name}-parametric-map.dcm`]),
  'curves.png',
  'mask.nii.gz',
  'montage.png',
  'structures.nii.gz',
  'summary.json',
  'tissue-at-risk.nii.gz',
].sort()

describe('exportMaps', { timeout: 240_000 }, () => {
  let directory: string
  let files: string[]
  let summary: ExportSummary
  beforeAll(async () => {
    directory = join(folder, 'new', 'maps')
    files = await exportMaps({ series, result, directory })
    summary = JSON.parse(await readFile(join(directory, 'summary.json'), 'utf8')) as ExportSummary
  })

  it('makes the folder and writes the whole set, and nothing else', async () => {
    expect([...files].sort()).toEqual(complete)
    const found = await readdir(directory, { recursive: true })
    expect(found.filter((name) => name !== 'dicom').sort()).toEqual(complete)
  })

  it('writes the page of tissue at risk where it is asked for', async () => {
    const page = join(folder, 'page')
    const names = await exportMaps({ series, result, directory: page, onePage: true })
    const added = names.filter((name) => !complete.includes(name)).sort()
    expect(added).toEqual([
      'dicom/tissue-at-risk-page.dcm',
      'dicom/tissue-at-risk-report.dcm',
      'tissue-at-risk.pdf',
      'tissue-at-risk.png',
    ])
    const pdf = await readFile(join(page, 'tissue-at-risk.pdf'))
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    expect(pdf.toString('latin1').match(/\/Type \/Page\b/g)).toHaveLength(1)
  })

  it('says what is at risk, and labels it: 1 core, 2 hypoperfusion', async () => {
    const { tissueAtRisk, quality } = summary
    expect(quality.length).toBeGreaterThan(8)
    const labels = await readNifti(join(directory, 'tissue-at-risk.nii.gz'))
    const voxelMl = voxelVolume(grid) / 1000
    const count = (...wanted: number[]): number =>
      labels.voxels.filter((label) => wanted.includes(label)).length
    expect(count(1) * voxelMl).toBeCloseTo(tissueAtRisk.coreMl, 6)
    expect(count(1, 2) * voxelMl).toBeCloseTo(tissueAtRisk.hypoperfusionMl, 6)
    expect(tissueAtRisk.hypoperfusionMl).toBeGreaterThan(0)
  })

  it('labels skull, fluid, large vessels and midline', async () => {
    const { voxels } = await readNifti(join(directory, 'structures.nii.gz'))
    expect(Array.from(voxels)).toEqual(Array.from(structureLabels(series, result)))
    expect(new Set(voxels).size).toBeGreaterThan(1)
  })

  it('writes maps and mask as they were computed', async () => {
    for (const name of mapNames) {
      expect((await readNifti(join(directory, `${name}.nii.gz`))).voxels).toEqual(result.maps[name])
    }
    const mask = await readNifti(join(directory, 'mask.nii.gz'))
    expect(Array.from(mask.voxels)).toEqual(Array.from(result.mask))
  })

  it('says in summary.json what was computed, how, from what, and how good the inputs are', () => {
    expect(summary.series).toMatchObject({ uid: series.source.seriesInstanceUid, modality: 'CT', frames: 30 })
    expect(summary.times).toHaveLength(30)
    expect(summary.times[3]).toBeCloseTo(6.1, 9)
    expect(summary.geometry).toEqual(grid)
    expect(summary.method).toBe('bennink')
    expect(summary.settings).toEqual(result.settings)
    // Science of the field: κ/ρ = 0.55 / 0.75 / 1.05, 69.84 per 100 g.
    expect(100 * summary.kappaOverRho).toBeCloseTo(69.84, 2)
    expect(summary.aif.voxels).toEqual([[1, 2, 0]])
    expect(summary.aif.curve).toEqual(result.aif.curve)
    expect(summary.aif.scale).toBe(1.4)
    expect(summary.vof?.quality.grade).toBe('good')
    expect(summary.units).toMatchObject({ cbf: 'ml/100 g/min', cbv: 'ml/100 g', mtt: 's' })
    expect(summary.maskVolumeMl).toBeCloseTo((summary.maskVoxels * 8 * 8 * 5) / 1000, 9)
    expect(Date.parse(summary.created)).not.toBeNaN()
  })

  it('its statistics are those of the voxels in the mask', () => {
    const inside = Array.from(result.maps.cbv).filter((_, i) => result.mask[i])
    const sorted = [...inside].sort((a, b) => a - b)
    const { minimum, maximum, mean, median } = summary.maps.cbv
    expect([minimum, maximum]).toEqual([sorted[0], sorted[sorted.length - 1]])
    expect(mean).toBeCloseTo(inside.reduce((sum, value) => sum + value, 0) / inside.length, 6)
    const half = sorted.length / 2
    expect(median).toBeCloseTo((sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2, 6)
  })

  it('all DICOM objects belong to the study and place of the source, captures to one series', async () => {
    const read = async (name: string): Promise<ReturnType<typeof parseDicom>> =>
      parseDicom(await readFile(join(directory, 'dicom', name)))
    const seriesOf = { map: new Set<string>(), colour: new Set<string>() }
    const instances = new Set<string>()
    for (const name of mapNames) {
      const [map, colour] = [await read(`${name}-parametric-map.dcm`), await read(`${name}-colour.dcm`)]
      for (const object of [map, colour]) {
        expect(object.string('x0020000d')).toBe(series.source.studyInstanceUid)
        expect(object.string('x00200052')).toBe(series.source.frameOfReference)
        expect(object.string('x00100020')).toBe('UMBRA-7')
        instances.add(object.string('x00080018') ?? '')
      }
      seriesOf.map.add(map.string('x0020000e') ?? '')
      seriesOf.colour.add(colour.string('x0020000e') ?? '')
    }
    expect([seriesOf.map.size, seriesOf.colour.size, instances.size]).toEqual([6, 1, 12])
  })

  it('replaces an earlier set and leaves other files alone', async () => {
    await writeFile(join(directory, 'notes.txt'), 'mine')
    const other = headResult({ ...grid, origin: [0, 0, 0] })
    await exportMaps({ series, result: other, directory })
    expect((await readNifti(join(directory, 'cbf.nii.gz'))).geometry.origin.map(Math.abs)).toEqual([0, 0, 0])
    expect(await readFile(join(directory, 'notes.txt'), 'utf8')).toBe('mine')
    expect((await readdir(directory)).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('keeps the earlier set when the new one cannot be put in place', async () => {
    const blocked = join(folder, 'blocked')
    await mkdir(join(blocked, 'montage.png', 'a-folder-where-a-file-belongs'), { recursive: true })
    await writeFile(join(blocked, 'cbf.nii.gz'), 'earlier')
    await writeFile(join(blocked, 'dicom'), 'a file where a folder belongs')
    await expect(exportMaps({ series, result, directory: blocked })).rejects.toMatchObject({
      code: 'write-failed',
    })
    expect(await readFile(join(blocked, 'cbf.nii.gz'), 'utf8')).toBe('earlier')
    expect((await readdir(blocked)).sort()).toEqual(['cbf.nii.gz', 'dicom', 'montage.png'])
  })

  it('leaves nothing behind when it is cancelled', async () => {
    const abort = new AbortController()
    const cancelled = join(folder, 'cancelled', 'deep')
    const run = {
      signal: abort.signal,
      onProgress: (progress: number) => {
        if (progress > 0.5) abort.abort()
      },
    }
    await expect(exportMaps({ series, result, directory: cancelled }, run)).rejects.toMatchObject({
      name: 'AbortError',
    })
    expect(await readdir(folder)).not.toContain('cancelled')
  })
})
