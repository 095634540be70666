import { existsSync } from 'node:fs'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  filterSettingsSchema,
  perfusionSettingsSchema,
  pipelineSettingsSchema,
  tissueAtRiskPresets,
  type PipelineRun,
} from '@contract'
import { openStudy } from '../../../src-main/engine/dicom'
import { filterSeries } from '../../../src-main/engine/filters'
import { computePerfusion } from '../../../src-main/engine/perfusion'
import {
  filesSource,
  openArtefactStore,
  readRun,
  runPipeline,
  type ArtefactStore,
  type PipelineOutcome,
} from '../../../src-main/engine/pipeline'
import { smallStudy } from '../engine/smallStudy'

let study: { folder: string; dicom: string }
let scratch: string
let count = 0

beforeAll(async () => {
  study = await smallStudy()
  scratch = await mkdtemp(join(tmpdir(), 'umbra-pipeline-'))
})
afterAll(async () => {
  await rm(study.folder, { recursive: true, force: true })
  await rm(scratch, { recursive: true, force: true })
})

type Changes = Parameters<typeof pipelineSettingsSchema.parse>[0]
/** Fast, and the steps that this is about. */
const quick = {
  motion: { enabled: false },
  filter: { method: 'none' },
  deconvolve: { method: 'csvd' },
  predict: { enabled: false },
} as const
const filtered = { ...quick, filter: { method: 'bilateral' } } as const

interface Options {
  store?: ArtefactStore | null
  directory?: string | null
  signal?: AbortSignal
  paths?: string[]
  onUpdate?: (record: PipelineRun) => void
}

function runWith(changes: Changes, options: Options = {}): Promise<PipelineOutcome> {
  return runPipeline(
    {
      source: filesSource(options.paths ?? [study.dicom]),
      settings: pipelineSettingsSchema.parse(changes),
      directory: options.directory ?? null,
      store: options.store ?? null,
      backend: 'wasm',
      onUpdate: options.onUpdate,
    },
    { signal: options.signal },
  )
}

const freshStore = (): ArtefactStore => openArtefactStore(join(scratch, `store-${count++}`))
const statesOf = ({ record }: Pick<PipelineOutcome, 'record'>): Record<string, string> =>
  Object.fromEntries(record.steps.map(({ step, state }) => [step, state]))

describe('a run of the pipeline', { timeout: 120_000 }, () => {
  it('makes the very maps that the perfusion room makes', async () => {
    const { results, record } = await runWith(quick)
    expect(record).toMatchObject({ state: 'done', error: null })
    const opened = await openStudy([study.dicom])
    const [{ key }] = opened.catalogue.studies[0].series
    const expected = await computePerfusion(
      await opened.load(key),
      perfusionSettingsSchema.parse(quick.deconvolve),
    )
    await opened.close()
    expect(results.deconvolve?.mask).toEqual(expected.mask)
    expect(results.deconvolve?.maps).toEqual(expected.maps)
    expect(results.deconvolve?.aif).toEqual(expected.aif)
  })

  it('tells every step: settings, key, time, and what came out', async () => {
    const seen: string[] = []
    const { record } = await runWith(quick, {
      onUpdate: ({ steps }) => {
        const running = steps.find(({ state }) => state === 'running')
        if (running && seen.at(-1) !== running.step) seen.push(running.step)
      },
    })
    expect(seen).toEqual([
      'recognise',
      'motion',
      'predict',
      'filter',
      'inputs',
      'deconvolve',
      'tissueAtRisk',
      'quality',
      'export',
    ])
    const inputs = record.steps.find(({ step }) => step === 'inputs')
    expect(inputs).toMatchObject({ state: 'done', settings: { scaleToVenous: true }, error: null })
    expect(inputs?.key).toMatch(/^[0-9a-f]{32}$/)
    expect(inputs?.seconds).toBeGreaterThan(0)
    expect(inputs?.result[0]).toMatch(/^Artery: (good|fair|poor), \d+ voxels/)
    expect(record.series).toContain('25 time points')
  })

  it('finds everything again, and after a change computes only what follows', async () => {
    const store = freshStore()
    const first = await runWith(quick, { store })
    expect(statesOf(first)).toMatchObject({ recognise: 'done', inputs: 'done', deconvolve: 'done' })

    const again = await runWith(quick, { store })
    expect(statesOf(again)).toMatchObject({ inputs: 'kept', deconvolve: 'kept' })
    expect(again.results.deconvolve).toEqual(first.results.deconvolve)

    const method = await runWith({ ...quick, deconvolve: { method: 'ssvd' } }, { store })
    expect(statesOf(method)).toMatchObject({ inputs: 'kept', deconvolve: 'done' })

    const voxels = first.results.inputs?.aif.voxels.slice(0, 2)
    const artery = await runWith(
      { ...quick, inputs: { arterialInput: { kind: 'voxels', voxels } } },
      { store },
    )
    expect(statesOf(artery)).toMatchObject({ inputs: 'done', deconvolve: 'done' })
    expect(artery.results.deconvolve?.aif.voxels).toEqual(voxels)

    const back = await runWith(quick, { store })
    expect(statesOf(back)).toMatchObject({ inputs: 'kept', deconvolve: 'kept' })
  })

  it.runIf(process.env.UMBRA_LONG)(
    'gives each step the series as the one before left it, and reads a kept one only when it is needed',
    async () => {
      const directory = join(scratch, 'filtered')
      const store = openArtefactStore(directory)
      const first = await runWith(filtered, { store })
      expect(statesOf(first)).toMatchObject({ filter: 'done', inputs: 'done' })
      const opened = await openStudy([study.dicom])
      const [{ key }] = opened.catalogue.studies[0].series
      const series = await filterSeries(await opened.load(key), filterSettingsSchema.parse(filtered.filter))
      const expected = await computePerfusion(series, perfusionSettingsSchema.parse(quick.deconvolve))
      await opened.close()
      expect(first.results.deconvolve?.maps).toEqual(expected.maps)

      const method = { ...filtered, deconvolve: { method: 'ssvd' } } as const
      const changed = await runWith(method, { store })
      expect(statesOf(changed)).toMatchObject({ filter: 'kept', inputs: 'kept', deconvolve: 'done' })

      // The filtered voxels have gone: they are made again, for the maps that need them.
      const filterKey = first.record.steps.find(({ step }) => step === 'filter')?.key ?? ''
      await rm(join(directory, filterKey, 'voxels.bin'))
      const again = await runWith({ ...filtered, deconvolve: { method: 'osvd' } }, { store })
      expect(again.record.state).toBe('done')
      expect(again.results.deconvolve?.mask).toEqual(expected.mask)

      const other = await runWith({ ...filtered, filter: { method: 'bilateral', rangeHu: 30 } }, { store })
      expect(statesOf(other)).toMatchObject({ filter: 'done', inputs: 'done', deconvolve: 'done' })
    },
  )

  it('goes on where it was cancelled', async () => {
    const store = freshStore()
    const abort = new AbortController()
    const cancelled = runWith(quick, {
      store,
      signal: abort.signal,
      onUpdate: ({ steps }) => {
        if (steps.find(({ step }) => step === 'inputs')?.state === 'done') abort.abort()
      },
    })
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' })
    expect(statesOf(await runWith(quick, { store }))).toMatchObject({ inputs: 'kept', deconvolve: 'done' })
  })

  it('makes a damaged result again', async () => {
    const directory = join(scratch, 'damaged')
    const store = openArtefactStore(directory)
    const first = await runWith(quick, { store })
    const key = first.record.steps.find(({ step }) => step === 'deconvolve')?.key ?? ''
    await writeFile(join(directory, key, 'cbf.bin'), 'short')
    const again = await runWith(quick, { store })
    expect(statesOf(again)).toMatchObject({ inputs: 'kept', deconvolve: 'done' })
    expect(again.results.deconvolve?.maps.cbf).toEqual(first.results.deconvolve?.maps.cbf)
    expect(statesOf(await runWith(quick, { store }))).toMatchObject({ deconvolve: 'kept' })
  })

  it('writes the whole set with the time of each step, and nothing twice', async () => {
    const directory = join(scratch, 'out')
    const store = freshStore()
    const first = await runWith(quick, { store, directory })
    const summary = JSON.parse(await readFile(join(directory, 'summary.json'), 'utf8'))
    expect(Object.keys(summary.timings)).toEqual(
      expect.arrayContaining(['recognise', 'inputs', 'deconvolve', 'export']),
    )
    expect(summary).toMatchObject({
      tissueAtRisk: {
        rule: { name: 'usual', core: { measure: 'relativeCbf' } },
        coreMl: first.results.tissueAtRisk?.coreMl,
      },
      quality: first.results.quality,
    })
    expect(await readRun(directory)).toEqual(first.record)
    for (const name of first.record.files) expect(existsSync(join(directory, name))).toBe(true)
    const names = await readdir(directory)
    expect(names).toEqual(
      expect.arrayContaining([
        'run.json',
        'summary.json',
        'cbf.nii.gz',
        'tissue-at-risk.nii.gz',
        'tissue-at-risk.pdf',
      ]),
    )

    expect(statesOf(await runWith(quick, { store, directory }))).toMatchObject({ export: 'kept' })
    await rm(join(directory, 'cbf.nii.gz'))
    expect(statesOf(await runWith(quick, { store, directory }))).toMatchObject({ export: 'done' })
    expect(existsSync(join(directory, 'cbf.nii.gz'))).toBe(true)
  })

  it('computes only the volumes again where their rule has changed', async () => {
    const store = freshStore()
    const first = await runWith(quick, { store })
    const rule = tissueAtRiskPresets[4].rule
    const other = await runWith({ ...quick, tissueAtRisk: { rule } }, { store })
    expect(statesOf(other)).toMatchObject({ deconvolve: 'kept', tissueAtRisk: 'done', quality: 'done' })
    expect(other.results.tissueAtRisk?.rule).toEqual(rule)
    expect(other.results.deconvolve?.maps).toEqual(first.results.deconvolve?.maps)
  })

  it('corrects motion first, and tells what moved', async () => {
    const { record, results } = await runWith({ ...quick, motion: { enabled: true } })
    expect(record).toMatchObject({ state: 'done', error: null })
    const motion = record.steps.find(({ step }) => step === 'motion')
    expect(motion).toMatchObject({ state: 'done' })
    expect(motion?.result.join(' ')).toMatch(/mm \(frame \d+\).* frames/)
    expect(results.quality?.map(({ check }) => check)).toContain('motion')
  })

  it('says in which step it failed, and writes that down', async () => {
    const directory = join(scratch, 'failed')
    const outside = {
      ...quick,
      inputs: { arterialInput: { kind: 'voxels' as const, voxels: [[500, 0, 0]] } },
    }
    const { record } = await runWith(outside as Changes, { directory })
    expect(record.state).toBe('failed')
    expect(record.error).toMatchObject({ code: 'voxel-outside', where: 'step Arterial and venous input' })
    expect(statesOf({ record })).toEqual({
      recognise: 'done',
      motion: 'off',
      filter: 'off',
      inputs: 'failed',
      deconvolve: 'notReached',
      predict: 'off',
      tissueAtRisk: 'notReached',
      quality: 'done',
      export: 'notReached',
    })
    expect(await readRun(directory)).toEqual(record)
    expect(existsSync(join(directory, 'summary.json'))).toBe(false)
  })

  it('tells of files that hold no perfusion series, and of paths that are not there', async () => {
    const empty = await mkdtemp(join(scratch, 'empty-'))
    await writeFile(join(empty, 'notes.txt'), 'not an image')
    const none = await runWith(quick, { paths: [empty] })
    expect(none.record.error).toMatchObject({ code: 'no-perfusion-series' })
    expect(none.record.error?.where).toMatch(/notes\.txt \(step Recognise\)$/)
    const missing = await runWith(quick, { paths: [join(empty, 'gone')] })
    expect(missing.record.error?.where).toMatch(/gone \(step Recognise\)$/)
  })

  it('goes on without a network that is not there, and says so', async () => {
    const { record } = await runWith({ ...quick, predict: { model: 'no-such-network' } })
    expect(record.state).toBe('done')
    const predict = record.steps.find(({ step }) => step === 'predict')
    expect(predict).toMatchObject({ state: 'failed', error: { code: 'no-such-model' } })
    expect(predict?.warnings[0].message).toContain('no-such-network')
  })
})
