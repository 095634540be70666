import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CohortRow, MotionReport, PipelineRun, QualityLine } from '@contract'
import { command } from '../../../src-main/cli/commands/run'
import { runProgram, umbraProgram } from '../../../src-main/cli/program'
import { makePhantom, phantomOptions, writePhantomStudy } from '../../../src-main/engine/phantom'
import { smallStudy } from '../engine/smallStudy'

let study: { folder: string; dicom: string }
let scratch: string
let out = ''
let err = ''

beforeAll(async () => {
  study = await smallStudy()
  scratch = await mkdtemp(join(tmpdir(), 'umbra-run-'))
})
afterAll(async () => {
  await rm(study.folder, { recursive: true, force: true })
  await rm(scratch, { recursive: true, force: true })
})
beforeEach(() => {
  out = err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true))
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

const umbra = (...args: string[]): Promise<number> =>
  runProgram(umbraProgram('1', [command()]), ['run', ...args])
const fast = ['--no-network', '--no-motion', '--filter', 'none', '--method', 'csvd']
const read = async <T>(...path: string[]): Promise<T> =>
  JSON.parse(await readFile(join(scratch, ...path), 'utf8')) as T

describe('umbra run', { timeout: 240_000 }, () => {
  it('makes everything of a study; with one setting changed, only what follows is computed', async () => {
    const directory = join(scratch, 'one')
    const cache = ['--cache', join(scratch, 'cache')]
    expect(await umbra(study.dicom, '-o', directory, ...fast, ...cache, '--json')).toBe(0)
    expect(JSON.parse(out)).toEqual(await read('one', 'summary.json'))
    expect(JSON.parse(out)).toMatchObject({
      method: 'csvd',
      tissueAtRisk: { rule: { name: 'usual', core: { measure: 'relativeCbf' } } },
    })
    expect(err).toContain('Deconvolve: done')

    out = err = ''
    const changed = [...fast, ...cache, '--rule', 'rcbf38-tmax6', '--set', 'deconvolve.svdThreshold=0.15']
    expect(await umbra(study.dicom, '-o', directory, ...changed)).toBe(0)
    const { steps } = await read<PipelineRun>('one', 'run.json')
    const stateOf = (name: string): string | undefined => steps.find(({ step }) => step === name)?.state
    expect([stateOf('inputs'), stateOf('deconvolve'), stateOf('tissueAtRisk')]).toEqual([
      'kept',
      'done',
      'done',
    ])
    expect(steps.find(({ step }) => step === 'deconvolve')?.settings).toMatchObject({ svdThreshold: 0.15 })
    expect(out).toContain('Arterial and venous input: found')
  })

  it('runs several studies, keeps on after one that fails, and ends with one table', async () => {
    const broken = join(scratch, 'broken')
    await mkdir(broken)
    await writeFile(join(broken, 'image.dcm'), 'not an image')
    const directory = join(scratch, 'many')
    const code = await umbra(broken, study.dicom, '-o', directory, ...fast, '--no-cache', '--json')
    expect(code).toBe(1)
    const rows = JSON.parse(out) as CohortRow[]
    expect(rows.map(({ study: name, state }) => [name, state])).toEqual([
      ['broken', 'failed'],
      ['dicom', 'done'],
    ])
    expect(rows[0].reason).toContain('image.dcm')
    expect(rows[1]).toMatchObject({
      quality: expect.stringMatching(/green|amber|red/),
      coreMl: expect.any(Number),
    })
    expect(await read('many', 'cohort.json')).toEqual(rows)
    expect(existsSync(join(directory, 'dicom', 'summary.json'))).toBe(true)
    expect(await read('many', 'broken', 'run.json')).toMatchObject({ state: 'failed' })
  })

  it('says before it begins that the results cannot be written', async () => {
    const file = join(scratch, 'a-file')
    await writeFile(file, 'in the way')
    expect(await umbra(study.dicom, '-o', file, ...fast, '--no-cache')).toBe(1)
    expect(err).toContain('A file stands where a folder is needed')
    expect(err).not.toContain('Recognise: done')
    err = ''
    expect(await umbra(study.dicom, study.dicom, '-o', file, ...fast, '--no-cache')).toBe(1)
    expect(err).toContain('A file stands where a folder is needed')
  })

  it('writes no maps of a study that is not reliable where that is asked for, and the reasons all the same', async () => {
    const short = phantomOptions({ size: 64, slices: 3, volumes: 16, interval: 1.2, noise: 3 })
    await writePhantomStudy(await makePhantom(short), join(scratch, 'short'))
    const directory = join(scratch, 'withheld')
    const withheld = ['--set', 'export.notReliable=summary', '--leave-out', '5,8', ...fast, '--no-cache']
    expect(await umbra(join(scratch, 'short', 'dicom'), '-o', directory, ...withheld)).toBe(0)
    const { files } = await read<PipelineRun>('withheld', 'run.json')
    expect(files.sort()).toEqual(['curves.png', 'summary.json'])
    const { quality, motion } = await read<{ quality: QualityLine[]; motion: MotionReport }>(
      'withheld',
      'summary.json',
    )
    expect(quality.map(({ grade }) => grade)).toContain('red')
    expect(motion.leftOut).toEqual([4, 7])
    expect(quality.find(({ check }) => check === 'motion')).toMatchObject({
      grade: 'amber',
      reason: expect.stringMatching(/^2 frames were left out by hand\./),
    })
    expect(out).toContain('left out: 5, 8')
    expect(out).toContain('No maps: the study is not reliable')
  })

  it('takes frames to be left out as they are counted on the screen, of one study', async () => {
    const code = await umbra(study.dicom, study.dicom, '-o', join(scratch, 'x'), '--leave-out', '3')
    expect(code).toBe(2)
    expect(err).toContain('--leave-out names frames of one study')
    expect(await umbra(study.dicom, '-o', join(scratch, 'x'), '--leave-out', '0')).toBe(2)
  })

  it('watches a folder until it is interrupted, and knows at the next start what is done', async () => {
    const incoming = join(scratch, 'incoming')
    const results = join(scratch, 'watched')
    await cp(study.dicom, join(incoming, 'patient'), { recursive: true })
    const watch = async (until: () => boolean): Promise<number> => {
      const ended = umbra('--watch', incoming, '-o', results, '--settle', '0.2', ...fast, '--no-cache')
      await vi.waitFor(() => expect(until()).toBe(true), { timeout: 120_000, interval: 100 })
      process.emit('SIGTERM')
      return ended
    }
    expect(await watch(() => err.includes('patient: done'))).toBe(0)
    const before = await read<PipelineRun>('watched', 'patient', 'run.json')

    err = ''
    await cp(study.dicom, join(incoming, 'second'), { recursive: true })
    expect(await watch(() => err.includes('second: done'))).toBe(0)
    expect(err).not.toContain('patient: taken')
    expect((await read<PipelineRun>('watched', 'patient', 'run.json')).startedAt).toBe(before.startedAt)
    expect((await readFile(join(results, 'cohort.md'), 'utf8')).split('\n')).toHaveLength(5)
  })

  it('says what it was asked wrongly, and what would be right', async () => {
    const directory = join(scratch, 'never')
    const cases: [string[], string][] = [
      [['--set', 'deconvolve.nothing=1'], 'It has method'],
      [['--set', 'magic.wand=1'], 'The steps are recognise'],
      [['--set', 'filter.spatialMm=-1'], 'filter.spatialMm=-1'],
      [['--set', 'words'], 'step.key=value'],
    ]
    for (const [args, told] of cases) {
      err = ''
      expect(await umbra(study.dicom, '-o', directory, ...args)).toBe(2)
      expect(err).toContain(told)
    }
    expect(await umbra('-o', directory)).toBe(2)
    expect(await umbra('--cohort', scratch, '-o', directory)).toBe(1)
    expect(err).toContain('taken for one')
    expect(existsSync(directory)).toBe(false)
  })
})
