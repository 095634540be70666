import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MapName } from '@contract'
import {
  makePhantom,
  phantomOptions,
  phantomTruth,
  writePhantomStudy,
} from '../../../src-main/engine/phantom'
import { writeNifti } from '../../../src-main/engine/volume'
import { tinyTraining } from '../../tinyTraining'
import { umbra, type Ended } from '../../command'

let root: string
/** Two patients: their series in <name>/study/dicom, their maps in <name>/maps. */
const patients = ['first', 'second']
const wanted: MapName[] = ['cbv', 'cbf', 'ttp']
let runs = 0

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'umbra-bad-data-'))
  for (const [seed, name] of patients.entries()) {
    const options = { size: 48, slices: 1, thickness: 10, interval: 3, volumes: 18, noise: 3, seed: seed + 1 }
    const phantom = await makePhantom(phantomOptions({ ...options, lesion: 'mca-left:5+40' }))
    await writePhantomStudy(phantom, join(root, name, 'study'))
    const { maps, mask } = phantomTruth(phantom)
    const folder = join(root, name, 'maps')
    for (const map of wanted) await writeNifti(join(folder, `${map}.nii.gz`), phantom.geometry, maps[map])
    await writeNifti(join(folder, 'mask.nii.gz'), phantom.geometry, mask)
  }
})
afterAll(() => rm(root, { recursive: true, force: true }))

const entry = (name: string): { patient: string; study: string; maps: string } => ({
  patient: name,
  study: join(root, name, 'study', 'dicom'),
  maps: join(root, name, 'maps'),
})
const list = (...studies: object[]): object => ({ kind: 'studies', studies })

async function train(data: object, change: object = {}): Promise<Ended & { directory: string }> {
  const directory = join(root, `run-${++runs}`)
  const config = join(root, `config-${runs}.json`)
  await writeFile(config, JSON.stringify({ ...tinyTraining, data, epochs: 1, ...change }))
  const datasets = join(root, `datasets-${runs}`)
  const ended = await umbra('train', config, '-o', directory, '--datasets', datasets, '--backend', 'wasm')
  return { ...ended, directory }
}

/** A copy of the second patient's maps with one of them changed. */
async function mapsWith(
  map: MapName | 'mask',
  change: (voxels: Float32Array) => Float32Array,
): Promise<string> {
  const folder = join(root, `maps-${++runs}`)
  await cp(entry('second').maps, folder, { recursive: true })
  const phantom = await makePhantom(
    phantomOptions({ size: 48, slices: 1, thickness: 10, volumes: 12, seed: 2 }),
  )
  const { maps, mask } = phantomTruth(phantom)
  const voxels = map === 'mask' ? Float32Array.from(mask) : maps[map]
  await writeNifti(join(folder, `${map}.nii.gz`), phantom.geometry, change(voxels.slice()))
  return folder
}

it('two patients of a list teach a network', async () => {
  const { code, err, directory } = await train(list(entry('first'), entry('second')))
  expect(err).toContain('Epoch 1')
  expect(err).not.toContain('Warning')
  expect(JSON.parse(await readFile(join(directory, 'warnings.json'), 'utf8'))).toEqual([])
  expect(code).toBe(0)
})

describe('NaN in data', () => {
  it('of a map is told with the patient, and nothing is trained', async () => {
    const maps = await mapsWith('cbf', (voxels) => voxels.fill(NaN))
    const { code, err } = await train(list(entry('first'), { ...entry('second'), maps }))
    expect(err).toMatch(/umbra: second: The CBF map holds values that are no numbers/)
    expect(err).toContain('try: Leave the study out')
    expect(code).toBe(1)
  })
})

describe('an empty class', () => {
  it('of a map that is the same everywhere is told with the patient', async () => {
    const maps = await mapsWith('ttp', (voxels) => voxels.fill(4))
    const { code, err } = await train(list(entry('first'), { ...entry('second'), maps }))
    expect(err).toMatch(/second: The TTP map is 4 everywhere/)
    expect(code).toBe(1)
  })

  it('of a mask without a voxel is told with the patient', async () => {
    const maps = await mapsWith('mask', (voxels) => voxels.fill(0))
    const { code, err } = await train(list(entry('first'), { ...entry('second'), maps }))
    expect(err).toMatch(/second: The maps of the study are known nowhere/)
    expect(code).toBe(1)
  })

  it('of a cohort without a lesion is warned of, also in the run’s folder', async () => {
    const data = { ...tinyTraining.data, ranges: { normals: 1 } }
    const { code, err, directory } = await train(data)
    expect(err).toMatch(/Warning: None of the patients that teach has a lesion/)
    expect(err).toMatch(/Warning: None of the patients that judge has a lesion/)
    const warnings = JSON.parse(await readFile(join(directory, 'warnings.json'), 'utf8')) as {
      code: string
    }[]
    expect(warnings.map((warning) => warning.code)).toEqual(['no-lesion-taught', 'no-lesion-judged'])
    expect(code).toBe(0)
  })
})

describe('a patient in both splits', () => {
  it('by name is refused before anything is prepared', async () => {
    const split = { patients: { training: ['first', 'second'], validation: ['second'] } }
    const { code, err } = await train(list(entry('first'), entry('second')), { split })
    expect(err).toMatch(/The patient second is in the training and in the validation part/)
    expect(err).not.toContain('Preparing')
    expect(code).toBe(1)
  })

  it('by a name that no study has is refused', async () => {
    const split = { patients: { training: ['first'], validation: ['third'] } }
    const { code, err } = await train(list(entry('first'), entry('second')), { split })
    expect(err).toMatch(/The split names third, of whom there is no study/)
    expect(code).toBe(1)
  })

  it('by one study under two names is refused before anything is prepared', async () => {
    const again = { ...entry('first'), patient: 'other' }
    const { code, err } = await train(list(entry('first'), again))
    expect(err).toMatch(/first and other are the same: both have the study/)
    expect(err).not.toContain('Preparing')
    expect(code).toBe(1)
  })

  it('by a copy of a study under another name is refused by its StudyInstanceUID', async () => {
    const copy = join(root, 'copy-of-first')
    await cp(entry('first').study, copy, { recursive: true })
    const again = { ...entry('first'), patient: 'other', study: copy }
    const { code, err } = await train(list(entry('first'), again))
    expect(err).toMatch(/first and other are the same: their studies have one StudyInstanceUID/)
    expect(code).toBe(1)
  })

  it('does not come about when one patient has two studies', async () => {
    const { code, err, directory } = await train(
      list(entry('first'), entry('second'), { ...entry('second'), method: 'csvd', maps: null }),
    )
    expect(err).toContain('Epoch 1')
    expect(code).toBe(0)
    const split = JSON.parse(await readFile(join(directory, 'split.json'), 'utf8'))
    expect([...split.training, ...split.validation].sort()).toEqual(['first', 'second'])
  })

  it('by an entry that is there twice is wrong usage', async () => {
    const { code, err } = await train(list(entry('first'), entry('second'), entry('second')))
    expect(err).toMatch(/A study of second is listed twice/)
    expect(code).toBe(2)
  })
})
