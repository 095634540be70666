import { cpSync, existsSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import {
  perfusionSettingsSchema,
  protocolSchema,
  usualStructures,
  type ProtocolInput,
  type Warning,
} from '@contract'
import { mapsKey, openMapsStore } from '../../../src-main/engine/cases/mapsStore'
import { createEngine, type Engine } from '../../../src-main/engine/engine'
import { makePhantom, phantomOptions, writePhantomStudy } from '../../../src-main/engine/phantom'
import { computePerfusion } from '../../../src-main/engine/perfusion'
import { createReadingRoom } from '../../../src-main/engine/reading'
import { openDataset } from '../../../src-main/engine/training'
import { storedCase } from '../../../src-main/engine/training/storedCases'
import { umbra, type Ended } from '../../command'
import { tinyTraining } from '../../tinyTraining'
import { clientOf } from '../engine/client'

/**
 * The cases of a study: two scans of one patient, two of others, one scan a second time, an MR perfusion, and one that
 * is gone. The names of their folders are those of patients.
 */
const cases = ['again', 'first', 'second', 'third', 'copy', 'mr', 'gone'] as const
const keyOf = (name: (typeof cases)[number]): string => `case-${cases.indexOf(name) + 1}`
const patientsName = (name: string): string => `Doe-Jane-${name}`

let root: string
let data: string
let studyId: string
let runs = 0
/** The run of the whole study, as it was begun. */
let taught: Ended & { run: string }

const folderOf = (name: string): string => join(root, 'scans', patientsName(name))

async function scan(name: string, options: Parameters<typeof phantomOptions>[0]): Promise<void> {
  const small = { size: 48, slices: 1, thickness: 10, interval: 3, volumes: 18, noise: 3 }
  const phantom = await makePhantom(phantomOptions({ ...small, lesion: 'mca-left:4+25', ...options }))
  await writePhantomStudy(phantom, folderOf(name))
}

const protocol = (): ProtocolInput => ({
  name: 'CNN against NLR',
  cases: cases.map((name) => ({ key: keyOf(name), name: patientsName(name), paths: [folderOf(name)] })),
  sources: [
    { key: 'cnn', name: 'CNN', method: 'cnn' },
    { key: 'gt', name: 'NLR', method: 'csvd' },
  ],
  structures: [...usualStructures],
  raters: [{ key: 'r1', name: 'Rater One' }],
  assignments: [{ rater: 'r1', source: 'gt' }],
})

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'umbra-reading-study-'))
  data = join(root, 'data')
  await scan('first', { seed: 1 })
  await scan('again', { seed: 1, noise: 4 })
  await scan('second', { seed: 2 })
  await scan('third', { seed: 3 })
  await scan('mr', { seed: 4, modality: 'mr' })
  cpSync(folderOf('third'), folderOf('copy'), { recursive: true })
  const room = createReadingRoom({
    path: join(data, 'reading', 'studies.db'),
    demoDirectory: join(data, 'demo'),
    mapsStore: openMapsStore(join(data, 'maps')),
    backend: () => Promise.resolve('auto'),
    report: () => undefined,
  })
  const ask = room.handlers
  const none = new Uint8Array()
  const { session } = await ask['reading.signIn']({ name: 'Ada Owner', pin: '2468', first: true }, none)
  await ask['reading.signIn']({ name: 'Rater One', pin: '2468', first: true }, none)
  studyId = (await ask['reading.create']({ session, protocol: protocolSchema.parse(protocol()) }, none))
    .studyId
  await room.close()
  process.env.UMBRA_PIN = '2468'
  taught = await train({})
}, 180_000)
afterAll(() => rm(root, { recursive: true, force: true }))
beforeEach(() => {
  process.env.UMBRA_PIN = '2468'
})
afterAll(() => {
  delete process.env.UMBRA_PIN
})

interface Request {
  change?: object
  as?: string | null
  directory?: string
  config?: object
}

async function train({
  change = {},
  as = 'Ada Owner',
  directory,
  config = {},
}: Request): Promise<Ended & { run: string }> {
  const run = directory ?? join(root, `run-${++runs}`)
  const path = join(root, 'config.json')
  const study = { kind: 'reading-study', study: 'CNN against NLR', ...change }
  await writeFile(path, JSON.stringify({ ...tinyTraining, epochs: 1, data: study, ...config }))
  const args = ['train', path, '-o', run, '--datasets', join(root, 'datasets'), '--backend', 'wasm']
  const ended = await umbra(...args, ...(as === null ? [] : ['--as', as, '--data', data]))
  return { ...ended, run }
}

const json = <T>(...path: string[]): T => JSON.parse(readFileSync(join(...path), 'utf8')) as T
const filesUnder = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesUnder(path) : [path]
  })

describe('a reading study of the case store', { timeout: 180_000 }, () => {
  it('teaches by its cases; scans of one patient are together, and who is left out is told', async () => {
    const { code, err, run } = taught
    expect(err).toContain('Epoch 1')
    expect(code).toBe(0)
    const { training, validation } = json<{ training: string[]; validation: string[] }>(run, 'split.json')
    // Patient 1 is called by the key of the first of the two scans.
    expect([...training, ...validation].sort()).toEqual(
      [keyOf('again'), keyOf('second'), keyOf('third')].sort(),
    )
    const warnings = json<Warning[]>(run, 'warnings.json').map(({ message }) => message)
    expect(warnings).toEqual([
      `${keyOf('copy')} is left out: it is the same scan as ${keyOf('third')}.`,
      `${keyOf('mr')} is left out: it is not CT perfusion, but MR perfusion.`,
      `${keyOf('gone')} is left out: its files are not where the study’s protocol says.`,
    ])
    expect(err).toContain(warnings[2])

    const [folder] = readdirSync(join(root, 'datasets'))
    const dataset = await openDataset(join(root, 'datasets', folder))
    const patients = dataset.studies.map(({ study, patient }) => [study, patient])
    await dataset.close()
    expect(patients).toEqual([
      [keyOf('again'), keyOf('again')],
      [keyOf('first'), keyOf('again')],
      [keyOf('second'), keyOf('second')],
      [keyOf('third'), keyOf('third')],
    ])
  })

  it('leaves a folder that says what it learnt from, without a name, an id or a path of a patient', async () => {
    const { run } = taught
    expect(json(run, 'config.json')).toMatchObject({
      data: {
        kind: 'reading-study',
        study: studyId,
        source: 'gt',
        settings: { method: 'csvd' },
        cases: cases.map(keyOf),
      },
    })
    expect(readFileSync(join(run, 'model', 'README.md'), 'utf8')).toContain('maps by cSVD')
    for (const path of filesUnder(run)) {
      const content = readFileSync(path, 'latin1')
      for (const telling of ['Doe', 'Jane', 'UMBRA-HEAD', 'PHANTOM', root]) {
        expect(content.includes(telling), `${telling} in ${path}`).toBe(false)
      }
    }
  })

  it('goes on after its files are gone, in the same parts; a case that is there again joins new runs', async () => {
    const first = taught
    const split = json(first.run, 'split.json')
    const aside = join(root, 'aside')
    renameSync(join(root, 'scans'), aside)
    const resumed = await train({ directory: first.run, config: { epochs: 2 } })
    expect(resumed.err).toContain('Epoch 2')
    expect(json(first.run, 'split.json')).toEqual(split)
    renameSync(aside, join(root, 'scans'))

    await scan('gone', { seed: 9 })
    onTestFinished(() => rm(folderOf('gone'), { recursive: true }))
    const prepared = (): string[] =>
      filesUnder(join(root, 'datasets')).filter((path) => path.endsWith('.slices'))
    const before = prepared()
    const { run } = await train({})
    // Only the case that came is prepared.
    expect(prepared()).toEqual(expect.arrayContaining(before))
    expect(prepared()).toHaveLength(before.length + 1)
    const now = json<{ training: string[]; validation: string[] }>(run, 'split.json')
    expect([...now.training, ...now.validation]).toContain(keyOf('gone'))
  })

  it('has the maps of the source’s settings: computed, or those that Umbra keeps of the same', async () => {
    const settings = perfusionSettingsSchema.parse({ method: 'csvd' })
    const mapsDirectory = join(root, 'kept')
    const file = { key: keyOf('second'), paths: [folderOf('second')], seriesUid: null }
    const { series, maps, known } = await storedCase(file, settings, mapsDirectory)
    const computed = await computePerfusion(series, settings)
    expect(maps).toEqual(computed.maps)
    expect(known).toEqual(computed.mask)

    const marked = {
      ...computed,
      maps: { ...computed.maps, cbv: computed.maps.cbv.map((value) => value + 1) },
    }
    await openMapsStore(mapsDirectory).save(await mapsKey(series, settings), marked)
    expect((await storedCase(file, settings, mapsDirectory)).maps.cbv).toEqual(marked.maps.cbv)
    const other = perfusionSettingsSchema.parse({ method: 'ssvd' })
    expect((await storedCase(file, other, mapsDirectory)).maps.cbv).not.toEqual(marked.maps.cbv)
  })
})

describe('a reading study that cannot teach', () => {
  it.each([
    ['an unknown study', { study: 'Another' }, /no reading study "Another"/, 1],
    ['a case that it has not', { cases: ['case-1', 'case-99'] }, /has no case case-99/, 2],
    ['a case twice', { cases: ['case-1', 'case-2', 'case-1'] }, /The case case-1 is named twice/, 2],
    ['a patient of no case', { patients: { 'case-99': 'A' } }, /has no case case-99/, 2],
    ['a source that it has not', { source: 'x' }, /has no source x/, 2],
    ['maps of a network', { source: 'cnn' }, /made by a network/, 1],
    [
      'no case that is left',
      { cases: ['case-6', 'case-7'] },
      /Not one patient can be learnt from\. case-6: it is not/,
      1,
    ],
    ['a field that there is not', { cohort: 3 }, /cohort/, 2],
  ])('by %s', async (_, change, said, expected) => {
    const { code, err, run } = await train({ change })
    expect(err).toMatch(said)
    expect(err).not.toMatch(/\n\s+at /)
    expect(code).toBe(expected)
    expect(existsSync(run)).toBe(false)
  })

  it('by nobody who signs in, by another than its owner, by a wrong PIN', async () => {
    const nobody = await train({ as: null })
    expect(nobody.err).toContain('--as NAME')
    expect(nobody.code).toBe(2)
    const rater = await train({ as: 'Rater One' })
    expect(rater.err).toContain('Only who made the study may do this')
    expect(rater.code).toBe(1)
    process.env.UMBRA_PIN = '1111'
    const wrong = await train({})
    expect(wrong.err).toMatch(/PIN/)
    expect(wrong.code).toBe(1)
  })
})

describe('a reading study, asked of the engine', { timeout: 60_000 }, () => {
  let engine: Engine
  let client: ReturnType<typeof clientOf>
  beforeEach(() => {
    engine = createEngine({ dataDirectory: data })
    client = clientOf(engine)
  })
  afterEach(() => engine.close())
  const signIn = async (name: string): Promise<string> =>
    (await client.call('reading.signIn', { name, pin: '2468' })).session

  it('shows its owner, and nobody else, the cases, whose they are and why some are left out', async () => {
    const session = await signIn('Ada Owner')
    const found = await client.run('training.cases', { session, studyId })
    expect(found.sources).toEqual([{ key: 'gt', name: 'NLR' }])
    expect(found.cases.map(({ key, patient, problem }) => [key, patient, problem])).toEqual([
      [keyOf('again'), keyOf('again'), null],
      [keyOf('first'), keyOf('again'), null],
      [keyOf('second'), keyOf('second'), null],
      [keyOf('third'), keyOf('third'), null],
      [keyOf('copy'), null, `it is the same scan as ${keyOf('third')}.`],
      [keyOf('mr'), null, 'it is not CT perfusion, but MR perfusion.'],
      [keyOf('gone'), null, 'its files are not where the study’s protocol says.'],
    ])
    expect(found.cases[1].name).toBe(patientsName('first'))
    const rater = clientOf(engine)
    const { session: other } = await rater.call('reading.signIn', { name: 'Rater One', pin: '2468' })
    await expect(rater.run('training.cases', { session: other, studyId })).rejects.toMatchObject({
      code: 'blinded',
    })
  })

  it('trains for whoever is signed in as its owner; resumed without a session it says what it needs', async () => {
    const config = JSON.stringify({
      ...tinyTraining,
      data: { kind: 'reading-study', study: studyId, cases: [keyOf('second'), keyOf('third')] },
    })
    await expect(client.run('training.start', { config })).rejects.toThrow(
      'only where its owner is signed in',
    )
    const session = await signIn('Ada Owner')
    const { runId } = await client.run('training.start', { config, session })
    const { runs: known } = await client.call('training.runs', {})
    const run = known.find((each) => each.runId === runId)
    expect(run).toMatchObject({ state: 'finished', patients: { training: 1, validation: 1 } })
    await expect(client.run('training.resume', { runId })).rejects.toThrow(
      'only where its owner is signed in',
    )
    const { entries, check } = await client.call('reading.audit', { session, studyId })
    expect(check.whole).toBe(true)
    expect(entries.at(-1)).toMatchObject({
      actor: 'Ada Owner',
      action: 'study.taught',
      detail: { cases: 2, method: 'csvd' },
    })
  })
})
