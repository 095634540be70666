import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  makePhantom,
  phantomOptions,
  phantomTruth,
  writePhantomStudy,
  type PhantomRequest,
} from '../../src-main/engine/phantom'

const grid = resolve(__dirname, '../../../shared/data/perfusion/phantom_curves/kudo_ground_truth_grid.csv')
const hasDciodvfy = spawnSync('dciodvfy', ['-version']).error === undefined
const hasPython = spawnSync('python3', ['-c', 'import pydicom, nibabel, numpy']).status === 0

describe.skipIf(!existsSync(grid))('the Kudo phantom against its published grid', () => {
  it('has every combination of volume, delay and transit time with its flow and Tmax', async () => {
    const phantom = await makePhantom(phantomOptions({ kind: 'kudo', size: 256 }))
    const { maps, mask } = phantomTruth(phantom)
    const found = new Set<string>()
    mask.forEach((inside, v) => {
      if (!inside) return
      const values = [maps.cbv[v], maps.delay[v], maps.mtt[v], maps.cbf[v], maps.tmax[v]]
      found.add(values.map((value) => value.toFixed(3)).join(','))
    })
    const published = readFileSync(grid, 'utf8').trim().split('\n').slice(1)
    const rows = published.map((row) => row.split(',').map(Number))
    expect(rows).toHaveLength(245)
    expect([...found].sort()).toEqual(
      rows.map((row) => row.map((value) => value.toFixed(3)).join(',')).sort(),
    )
  })
})

const styles: [string, PhantomRequest][] = [
  ['GE', { vendor: 'ge', tilt: 10 }],
  ['Siemens', { vendor: 'siemens' }],
  ['Philips', { vendor: 'philips', rescalePerSlice: true }],
  ['Canon', { vendor: 'canon' }],
  ['Canon, one file', { vendor: 'canon', oneFile: true }],
  ['GE DSC-MRI', { vendor: 'ge', modality: 'mr' }],
  ['Siemens DSC-MRI', { vendor: 'siemens', modality: 'mr' }],
  ['Philips DSC-MRI', { vendor: 'philips', modality: 'mr', oblique: 20 }],
]

describe.each(styles)('a study in the style of %s', (_name, request) => {
  let root = ''
  let directory = ''
  let files: string[] = []

  async function filesUnder(folder: string): Promise<string[]> {
    const entries = await readdir(folder, { withFileTypes: true })
    const nested = entries.map((entry) =>
      entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [join(folder, entry.name)],
    )
    return (await Promise.all(nested)).flat().sort()
  }

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'umbra-phantom-'))
    directory = join(root, 'study')
    const options = phantomOptions({
      size: 64,
      slices: 3,
      volumes: 12,
      interval: 2,
      lesion: 'none',
      ...request,
    })
    await writePhantomStudy(await makePhantom(options), directory)
    files = await filesUnder(join(directory, 'dicom'))
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  it.skipIf(!hasDciodvfy)('conforms to the standard (dciodvfy)', () => {
    expect(files.length).toBeGreaterThan(0)
    for (const file of [files[0], files[files.length - 1]]) {
      const said = spawnSync('dciodvfy', [file], { encoding: 'utf8' })
      expect(said.stderr + said.stdout).not.toMatch(/^Error/m)
      expect(said.stderr + said.stdout).toMatch(/CTImage|MRImage/)
    }
  })

  it.skipIf(!hasPython)(
    'shows the truth to pydicom and nibabel: the venous curve where truth says the vein is',
    () => {
      const script = join(__dirname, 'phantom_reference.py')
      const run = spawnSync('python3', [script, directory], { encoding: 'utf8' })
      expect(run.stderr).toBe('')
      const seen = JSON.parse(run.stdout) as {
        worstAffine: number
        times: number[]
        vof: number[]
        truth: number[]
      }
      expect(seen.worstAffine).toBeLessThan(1e-3)
      expect(seen.times).toEqual(Array.from({ length: 12 }, (_, frame) => 2 * frame))
      if (request.modality === 'mr') {
        // Signal falls as the bolus comes, most at its peak.
        const deepest = seen.vof.indexOf(Math.min(...seen.vof))
        expect(deepest).toBe(seen.truth.indexOf(Math.max(...seen.truth)))
        expect(seen.vof[deepest]).toBeLessThan(0)
      } else {
        seen.vof.forEach((value, frame) => expect(Math.abs(value - seen.truth[frame])).toBeLessThan(6))
      }
    },
  )
})
