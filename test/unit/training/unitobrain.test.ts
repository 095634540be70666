import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStudy } from '../../../src-main/engine/dicom'
import { exportMaps } from '../../../src-main/engine/export'
import { computePerfusion } from '../../../src-main/engine/perfusion'
import { makePhantom, phantomOptions, phantomTruth } from '../../../src-main/engine/phantom'
import { perfusionSettingsSchema } from '@contract'
import { givenMaps } from '../../../src-main/engine/training/givenMaps'
import { unitobrainPatients, unitobrainStudy } from '../../../src-main/engine/training/unitobrain'
import { newUid } from '../../../src-main/engine/dicom/write'
import { tinyTraining } from '../../tinyTraining'
import { umbra, type Ended } from '../../command'
import { writeUnitobrainPatient } from './unitobrainLayout'

let root: string
/** Two whole patients under DeepHealth_IEEE, as the archive unpacks. */
let directory: string
let patients: string
let runs = 0

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'umbra-unitobrain-'))
  directory = join(root, 'archive')
  patients = join(directory, 'DeepHealth_IEEE')
  await writeUnitobrainPatient(patients, 'MOL-001', { seed: 1 })
  await writeUnitobrainPatient(patients, 'MOL-002', { seed: 2 })
})
afterAll(() => rm(root, { recursive: true, force: true }))

const choice = (folder = directory): { kind: 'unitobrain'; directory: string; series: 'filtered' } => ({
  kind: 'unitobrain',
  directory: folder,
  series: 'filtered',
})

async function train(folder: string): Promise<Ended & { directory: string }> {
  const run = join(root, `run-${++runs}`)
  const config = join(root, `config-${runs}.json`)
  const data = { kind: 'unitobrain', directory: folder }
  await writeFile(config, JSON.stringify({ ...tinyTraining, data, epochs: 1 }))
  const datasets = join(root, 'datasets')
  const ended = await umbra('train', config, '-o', run, '--datasets', datasets, '--backend', 'wasm')
  return { ...ended, directory: run }
}

describe('UniToBrain', () => {
  it('its patients are found, from the archive’s folder or the one above it', async () => {
    for (const folder of [directory, patients]) {
      const found = await unitobrainPatients(choice(folder), ['cbv', 'cbf', 'ttp'])
      expect(found.map(({ patient, missing }) => [patient, missing])).toEqual([
        ['MOL-001', null],
        ['MOL-002', null],
      ])
    }
  })

  it('its images come in HU with their times, its maps in their units on the same grid', async () => {
    const [found] = await unitobrainPatients(choice(), ['cbv', 'cbf', 'ttp', 'tmax'])
    const { series, maps, known } = await unitobrainStudy(found, ['cbv', 'cbf', 'ttp', 'tmax'])
    expect(series).toMatchObject({ kind: 'ct-perfusion', frames: 18 })
    expect(Array.from({ length: 18 }, (_, frame) => series.times[2 * frame])).toEqual(
      Array.from({ length: 18 }, (_, frame) => 3 * frame),
    )
    const phantom = await makePhantom(
      phantomOptions({
        size: 48,
        slices: 2,
        thickness: 10,
        interval: 3,
        volumes: 18,
        noise: 3,
        seed: 1,
        lesion: 'mca-left:5+40',
      }),
    )
    const truth = phantomTruth(phantom)
    expect(Array.from(known)).toEqual(Array.from(truth.mask))
    for (const [name, slope] of [
      ['cbv', 0.01],
      ['cbf', 0.1],
      ['ttp', 0.01],
      ['tmax', 0.015],
    ] as const) {
      const errors = Array.from(maps[name] ?? [], (value, i) => Math.abs(value - truth.maps[name][i]))
      expect(Math.max(...errors), name).toBeLessThanOrEqual(slope / 2 + 1e-4)
    }
  })

  it('teaches a network', async () => {
    const { code, err, directory: run } = await train(directory)
    expect(err).toContain('Epoch 1')
    expect(err).not.toContain('left out')
    expect(code).toBe(0)
    const split = JSON.parse(await readFile(join(run, 'split.json'), 'utf8'))
    expect([...split.training, ...split.validation].sort()).toEqual(['MOL-001', 'MOL-002'])
    expect(await readFile(join(run, 'model', 'README.md'), 'utf8')).toContain('UniToBrain')
  })

  it('leaves out who has a part missing, damaged or taken from another, and says why', async () => {
    const folder = join(root, 'parts')
    await cp(patients, folder, { recursive: true })
    const uid = newUid()
    await writeUnitobrainPatient(folder, 'MOL-003', { seed: 3, maps: ['cbv', 'ttp'] })
    await mkdir(join(folder, 'MOL-004'))
    await writeUnitobrainPatient(folder, 'MOL-005', { seed: 5, studyUid: uid })
    await writeUnitobrainPatient(folder, 'MOL-006', { seed: 6, studyUid: uid })
    await writeUnitobrainPatient(folder, 'MOL-007', { seed: 7 })
    const damaged = join(folder, 'MOL-007_Registered_Filtered_3mm_20HU_Maps', 'NLR_CBF')
    for (const file of await readdir(damaged)) await writeFile(join(damaged, file), 'no DICOM')
    const { code, err, directory: run } = await train(folder)
    expect(err).toMatch(/Warning: MOL-003 is left out: there is no map NLR_CBF\./)
    expect(err).toMatch(
      /Warning: MOL-004 is left out: there is no folder MOL-004_Registered_Filtered_3mm_20HU and no/,
    )
    expect(err).toMatch(/Warning: MOL-006 is left out: MOL-005 and MOL-006 are the same/)
    expect(err).toMatch(/Warning: MOL-007 is left out: The folder NLR_CBF holds no map that can be read/)
    expect(code).toBe(0)
    const warnings = JSON.parse(await readFile(join(run, 'warnings.json'), 'utf8')) as { code: string }[]
    expect(warnings.filter((warning) => warning.code === 'patient-skipped')).toHaveLength(4)
    const split = JSON.parse(await readFile(join(run, 'split.json'), 'utf8'))
    expect([...split.training, ...split.validation].sort()).toEqual(['MOL-001', 'MOL-002', 'MOL-005'])
  })

  it('is not taken for it where no patient is, or none is whole', async () => {
    const empty = join(root, 'empty')
    await mkdir(empty)
    const none = await train(empty)
    expect(none.err).toMatch(/There are no patients of UniToBrain here/)
    expect(none.code).toBe(1)
    await mkdir(join(empty, 'MOL-001'))
    const bare = await train(empty)
    expect(bare.err).toMatch(/Not one patient can be learnt from\. MOL-001: there is no/)
    expect(bare.code).toBe(1)
  })
})

describe('maps of a list of studies', () => {
  it('can be DICOM as Umbra exports them: the same values as its NIfTI maps', async () => {
    const [{ series: images }] = await unitobrainPatients(choice(), ['cbv'])
    const opened = await openStudy([images])
    const series = await opened.load(opened.catalogue.studies[0].series[0].key)
    await opened.close()
    const result = await computePerfusion(series, perfusionSettingsSchema.parse({}))
    const folder = join(root, 'exported')
    await exportMaps({ series, result, directory: folder })
    const wanted = ['cbv', 'cbf', 'mtt', 'ttp', 'tmax', 'delay'] as const
    const nifti = await givenMaps(folder, wanted, series)
    const dicom = await givenMaps(join(folder, 'dicom'), wanted, series)
    for (const name of wanted) {
      expect(Array.from(dicom.maps[name] ?? []), name).toEqual(Array.from(nifti.maps[name] ?? []))
    }
    expect(Array.from(nifti.known)).toEqual(Array.from(result.mask))
  })

  it('must lie where their series does', async () => {
    const [found] = await unitobrainPatients(choice(), ['cbv'])
    const { series } = await unitobrainStudy(found, ['cbv'])
    const moved = { ...series.geometry, origin: [0, 0, 0] as [number, number, number] }
    await expect(givenMaps(found.maps, ['cbv'], { geometry: moved })).rejects.toMatchObject({
      code: 'other-grid',
      message: expect.stringContaining('beside its series'),
    })
  })
})
