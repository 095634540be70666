import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { command } from '../../../src-main/cli/commands/maps'
import { runProgram, umbraProgram } from '../../../src-main/cli/program'
import type { ExportSummary } from '../../../src-main/engine/export'
import { makePhantom, phantomOptions, writePhantomStudy } from '../../../src-main/engine/phantom'
import { readNifti, writeNifti } from '../../../src-main/engine/volume'

let folder: string
let study: string
let out = ''
let err = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'umbra-maps-'))
  study = join(folder, 'study')
  const options = phantomOptions({
    size: 64,
    slices: 2,
    volumes: 45,
    interval: 1.2,
    noise: 2,
    lesion: 'none',
  })
  await writePhantomStudy(await makePhantom(options), study)
})
afterAll(() => rm(folder, { recursive: true, force: true }))
beforeEach(() => {
  out = err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true))
})
afterEach(() => vi.restoreAllMocks())

const umbra = (...args: string[]): Promise<number> =>
  runProgram(umbraProgram('1', [command()]), ['maps', ...args])

describe('umbra maps', { timeout: 240_000 }, () => {
  it('makes everything of a study, says on stderr what it took, and prints summary.json with --json', async () => {
    const directory = join(folder, 'automatic')
    expect(await umbra(join(study, 'dicom'), '-o', directory, '--json')).toBe(0)
    expect(err).toContain('the only perfusion series')
    const printed = JSON.parse(out) as ExportSummary
    expect(printed).toEqual(JSON.parse(await readFile(join(directory, 'summary.json'), 'utf8')))
    expect(printed.method).toBe('bennink')
    expect(printed.times).toHaveLength(45)
    expect(printed.aif.voxels.length).toBeGreaterThan(0)
    expect(Object.keys(printed.timings)).toEqual(expect.arrayContaining(['open', 'load']))
    expect((await readdir(directory)).sort()).toEqual(
      ['cbf', 'cbv', 'delay', 'mask', 'mtt', 'structures', 'tissue-at-risk', 'tmax', 'ttp']
        .map((name) => `${name}.nii.gz`)
        .concat('curves.png', 'dicom', 'montage.png', 'summary.json')
        .sort(),
    )
  })

  it('takes the voxels and settings it is given, and gives a mask of the same voxels the same maps', async () => {
    const first = JSON.parse(
      await readFile(join(folder, 'automatic', 'summary.json'), 'utf8'),
    ) as ExportSummary
    const voxels = first.aif.voxels.slice(0, 4)
    const settings = ['--method', 'csvd', '--no-scale', '--hematocrit-small', '0.3', '--smooth-in-plane', '4']
    const named = join(folder, 'named')
    const texts = voxels.map((voxel) => voxel.join(','))
    expect(await umbra(join(study, 'dicom'), '-o', named, ...settings, '--aif', ...texts, '--json')).toBe(0)
    const printed = JSON.parse(out) as ExportSummary
    expect(printed.aif.voxels).toEqual(voxels)
    expect(printed.aif.scale).toBe(1)
    expect(printed.settings).toMatchObject({
      method: 'csvd',
      scaleToVenous: false,
      hematocritSmall: 0.3,
      smoothInPlaneMm: 4,
    })
    expect(printed.kappaOverRho).toBeCloseTo(0.55 / 0.7 / 1.05, 9)

    const { geometry } = await readNifti(join(named, 'mask.nii.gz'))
    const [nx, ny, nz] = geometry.size
    const marked = new Uint8Array(nx * ny * nz)
    for (const [x, y, z] of voxels) marked[(z * ny + y) * nx + x] = 1
    await writeNifti(join(folder, 'aif.nii.gz'), geometry, marked)
    const masked = join(folder, 'masked')
    const mask = join(folder, 'aif.nii.gz')
    expect(await umbra(join(study, 'dicom'), '-o', masked, ...settings, '--aif-mask', mask)).toBe(0)
    const [one, other] = await Promise.all([named, masked].map((at) => readNifti(join(at, 'cbf.nii.gz'))))
    expect(one.voxels).toEqual(other.voxels)
    expect(out).toContain('Arterial input')
  })

  it('ends with 2 on wrong usage and says which option', async () => {
    const at = join(study, 'dicom')
    const wrong: [string[], RegExp][] = [
      [[at], /--out/],
      [['-o', 'x'], /path/],
      [[at, '-o', 'x', '--method', 'magic'], /magic.*bennink/],
      [[at, '-o', 'x', '--aif', '1,2'], /x,y,z/],
      [[at, '-o', 'x', '--aif', '1,2,3', '--aif-mask', 'm.nii'], /aif-mask/],
      [[at, '-o', 'x', '--hematocrit-large', '7'], /--hematocrit-large/],
      [[at, '-o', 'x', '--time-step', 'soon'], /--time-step/],
    ]
    for (const [args, message] of wrong) {
      err = ''
      expect(await umbra(...args)).toBe(2)
      expect(err).toMatch(message)
    }
  })

  it('ends with 1 and the reason when the study, the series or the mask will not do, and writes nothing', async () => {
    const at = join(study, 'dicom')
    const directory = join(folder, 'nothing')
    await writeNifti(
      join(folder, 'other.nii'),
      {
        size: [2, 2, 2],
        spacing: [1, 1, 1],
        origin: [0, 0, 0],
        direction: [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ],
        frameOfReference: '',
      },
      new Uint8Array(8).fill(1),
    )
    const failing: [string[], RegExp][] = [
      [[join(folder, 'absent')], /no such file or folder/],
      [[join(study, 'truth')], /No DICOM images/],
      [[at, '--series', '1.2.3'], /no series 1\.2\.3/],
      [[at, '--aif', '999,1,1'], /outside the series/],
      [[at, '--aif-mask', join(folder, 'other.nii')], /does not lie on the grid/],
      [[at, '--vof-mask', join(folder, 'absent.nii')], /cannot be read/],
    ]
    for (const [args, message] of failing) {
      err = ''
      expect(await umbra(...args, '-o', directory)).toBe(1)
      expect(err).toMatch(message)
    }
    expect(await readdir(folder)).not.toContain('nothing')
  })
})
