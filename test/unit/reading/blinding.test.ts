import { cpSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  methods,
  perfusionSettingsSchema,
  usualStructures,
  type Answer,
  type EngineEvent,
  type Input,
  type Job,
  type LongMethod,
  type Output,
  type ProposalAnswer,
  type ProtocolInput,
  type QuickMethod,
  type ReadingScan,
} from '@contract'
import { connectClient } from '../../../src-main/engine/connection'
import { createEngine, type Engine } from '../../../src-main/engine/engine'
import { openStudy } from '../../../src-main/engine/dicom'
import { smallStudy } from '../engine/smallStudy'

let study: Awaited<ReturnType<typeof smallStudy>>
/** Whatever names the scan, its files or how its maps are made. */
let telling: RegExp
let uid: string
let frameOfReference: string
let count = 0

beforeAll(async () => {
  study = await smallStudy()
  // Files lie where folders carry names, as they do.
  const named = join(study.folder, 'Doe-Jane-1950', 'CTP')
  cpSync(study.dicom, named, { recursive: true })
  study.dicom = named
  const opened = await openStudy([named])
  const [{ studies }] = [opened.catalogue]
  const [series] = studies[0].series
  uid = series.uid
  frameOfReference = (await opened.load(series.key)).geometry.frameOfReference
  await opened.close()
  const words = [studies[0].patientName, studies[0].patientId, studies[0].description, series.description]
  const uids = [uid, studies[0].uid, frameOfReference]
  const methodsOfMaps = ['csvd', 'cSVD', 'bennink', 'Box regression', 'ssvd', 'sSVD', 'residue', 'singular']
  const all = [...words, ...uids, ...methodsOfMaps, 'Doe', 'CTP', 'Rater Two', study.folder].filter(Boolean)
  telling = new RegExp(all.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'i')
})
afterAll(() => rmSync(study.folder, { recursive: true, force: true }))

/** A window: everything that came to it, as it came. */
function openWindow(engine: Engine) {
  const heard: string[] = []
  const answers = new Map<number, (answer: Answer) => void>()
  const jobs = new Map<string, Job>()
  const ends = new Map<string, (job: Job) => void>()
  const connection = connectClient(engine, (message: Answer | EngineEvent) => {
    heard.push(JSON.stringify(message))
    if ('event' in message) {
      if (message.job.state === 'running') return
      jobs.set(message.job.id, message.job)
      ends.get(message.job.id)?.(message.job)
    } else answers.get(message.id)?.(message)
  })
  let last = 0
  async function request(method: string, params: unknown, bytes?: Uint8Array): Promise<unknown> {
    const id = ++last
    const answer = new Promise<Answer>((resolve) => answers.set(id, resolve))
    await connection.receive({ id, method, params, bytes })
    const given = await answer
    if (!given.ok) throw Object.assign(new Error(given.error.message), given.error)
    return given.value
  }
  return {
    heard,
    request,
    call: async <M extends QuickMethod>(method: M, params: Input<M>, bytes?: Uint8Array) =>
      methods[method].out.parse(await request(method, params, bytes)) as Output<M>,
    run: async <M extends LongMethod>(method: M, params: Input<M>) => {
      const { jobId } = (await request(method, params)) as { jobId: string }
      const job = jobs.get(jobId) ?? (await new Promise<Job>((resolve) => ends.set(jobId, resolve)))
      if (job.state !== 'done') throw Object.assign(new Error(job.error?.message), job.error)
      return methods[method].out.parse(job.result) as Output<M>
    },
  }
}

const protocol = (change: Partial<ProtocolInput> = {}): ProtocolInput => ({
  name: 'A study',
  cases: [{ key: 'a', name: 'Doe^Jane', paths: [study.dicom], seriesUid: uid }],
  sources: [
    { key: 's1', name: 'cSVD of the scanner', method: 'csvd' },
    { key: 's2', name: 'Box regression', method: 'bennink' },
  ],
  structures: [...usualStructures],
  raters: [
    { key: 'r1', name: 'Rater One' },
    { key: 'r2', name: 'Rater Two' },
  ],
  assignments: [
    { rater: 'r1', source: 's1' },
    { rater: 'r2', source: 's1' },
  ],
  ...change,
})

async function begin(change: Partial<ProtocolInput> = {}) {
  const engine = createEngine({ dataDirectory: join(study.folder, `data-${count++}`) })
  onTestFinished(() => engine.close())
  const [coordinator, rater] = [openWindow(engine), openWindow(engine)]
  const signIn = async (window: typeof rater, name: string) =>
    (await window.call('reading.signIn', { name, pin: '2468', first: true })).session
  const owner = await signIn(coordinator, 'Coordinator')
  const { studyId } = await coordinator.call('reading.create', { session: owner, protocol: protocol(change) })
  const session = await signIn(rater, 'Rater One')
  const [{ readingId }] = (await rater.call('reading.worklist', { session, studyId })).items
  return { engine, coordinator, rater, owner, session, studyId, readingId }
}

describe('a blinded rater', () => {
  it('draws and signs a case without being sent a name, a UID, a path or the source', async () => {
    const { engine, coordinator, rater, owner, session, studyId, readingId } = await begin()
    // What others do at the same time is not told either.
    await coordinator.run('study.open', { paths: [study.dicom] })
    await rater.call('reading.studies', { session })
    const { lease } = await rater.call('reading.open', { session, readingId })
    const scan: ReadingScan = await rater.run('reading.load', { session, readingId })
    const { geometry } = scan.series.voxels
    const [nx, ny] = geometry.size
    const slice = new Uint8Array(nx * ny).fill(1, 0, 100)
    const slices = [{ structure: 'core', slice: 0 }]
    await rater.call('reading.save', { lease: lease as string, geometry, slices, seconds: 3 }, slice)
    await rater.run('series.project', { seriesKey: scan.series.seriesKey, projection: 'average' })
    await rater.call('reading.open', { session, readingId })
    await rater.call('reading.sign', { lease: lease as string, pin: '2468', seconds: 9 })
    await rater.call('reading.worklist', { session, studyId })
    await rater.call('jobs.list', {})
    expect(rater.heard.length).toBeGreaterThan(10)
    expect(rater.heard.filter((message) => telling.test(message))).toEqual([])

    // The maps are there, and the drawing lies on the grid of the files.
    expect(engine.readVoxels(scan.maps[0].voxels.id, 0).length).toBe(nx * ny * geometry.size[2] * 4)
    const again = await coordinator.call('reading.open', { session: owner, readingId })
    expect(again.labelmap?.geometry.size).toEqual(geometry.size)
    expect(coordinator.heard.join()).toMatch(telling)
  })

  it('is refused every other room, until they sign out', async () => {
    const { coordinator, rater, session } = await begin()
    const { studies } = await coordinator.run('study.open', { paths: [study.dicom] })
    const [{ key }] = studies[0].series
    const asked: [string, unknown][] = [
      ['study.current', {}],
      ['study.recent', {}],
      ['study.open', { paths: [study.dicom] }],
      ['study.demo', {}],
      ['files.list', { path: null }],
      ['series.load', { seriesKey: key }],
      ['series.thumbnail', { seriesKey: key }],
      ['maps.list', { seriesKey: key }],
      ['models.list', {}],
      ['training.runs', {}],
      ['agreement.report', { of: { from: 'folders', reference: null, raters: [], labels: '' } }],
    ]
    for (const [method, params] of asked) {
      await expect(rater.request(method, params), method).rejects.toMatchObject({ code: 'blinded' })
    }
    await expect(rater.request('reading.findCases', { session, paths: ['/tmp'] })).rejects.toMatchObject({
      code: 'blinded',
    })
    await expect(rater.request('reading.backup', { session, path: '/tmp/all.db' })).rejects.toMatchObject({
      code: 'blinded',
    })
    expect(await rater.call('jobs.list', {})).toEqual({ jobs: [] })
    await rater.call('reading.signOut', { session })
    expect((await rater.call('study.current', {}))?.studies[0].patientName).toBe(studies[0].patientName)
    expect((await coordinator.call('study.recent', {})).recent).toHaveLength(1)
  })

  it('stays blinded in a window that was loaded anew', async () => {
    const { engine, coordinator, session } = await begin()
    await coordinator.run('study.open', { paths: [study.dicom] })
    const again = openWindow(engine)
    await again.call('engine.about', { session })
    await expect(again.request('study.current', {})).rejects.toMatchObject({ code: 'blinded' })
    await coordinator.call('study.close', {})
    expect(again.heard.join()).not.toMatch(telling)
    // Nobody's session makes nobody's window blinded.
    const other = openWindow(engine)
    await other.call('engine.about', { session: 'made up' })
    expect(await other.call('study.current', {})).toBeNull()
  })

  it('is told that a case moved, not where it lay; its owner finds it again', async () => {
    const { coordinator, rater, owner, session, studyId, readingId } = await begin()
    const moved = join(study.folder, `moved-${count}`)
    renameSync(study.dicom, moved)
    try {
      await expect(rater.run('reading.load', { session, readingId })).rejects.toMatchObject({
        code: 'case-moved',
      })
      expect(rater.heard.filter((message) => telling.test(message))).toEqual([])
      const asked = { session: owner, studyId }
      expect(await coordinator.call('reading.checkCases', asked)).toEqual({ missing: ['a'] })
      const elsewhere = { ...asked, case: 'a', paths: [moved] }
      expect(await coordinator.run('reading.relocate', elsewhere)).toEqual({ moved: ['a'] })
      expect(await coordinator.call('reading.checkCases', asked)).toEqual({ missing: [] })
      expect((await rater.run('reading.load', { session, readingId })).maps).toHaveLength(6)
      const { entries } = await coordinator.call('reading.audit', asked)
      expect(entries.at(-1)).toMatchObject({ action: 'study.cases-moved', detail: { cases: ['a'] } })
    } finally {
      renameSync(moved, study.dicom)
    }
  })
})

describe('proposals of a network', () => {
  const proposing = { assistance: { thresholds: false, proposals: true } }

  it('are the named rules on the network’s maps, tell nothing of the source, and are kept with the reading', async () => {
    const { engine, coordinator, rater, owner, session, studyId, readingId } = await begin(proposing)
    const { lease } = await rater.call('reading.open', { session, readingId })
    const scan = await rater.run('reading.load', { session, readingId })
    expect(scan.networkRules).toEqual(['rCBF < 30 %', 'Tmax > 6 s', 'CBV < 2 ml/100 g'])
    const ask = (rule: string) =>
      rater.call('reading.propose', { lease: lease as string, rule, structure: 'core' })
    const answer = (proposalId: string, given: ProposalAnswer) =>
      rater.call('reading.answerProposal', { lease: lease as string, proposalId, answer: given })

    const { studies } = await coordinator.run('study.open', { paths: [study.dicom] })
    const [{ key: seriesKey }] = studies[0].series
    await coordinator.run('series.load', { seriesKey })
    const settings = perfusionSettingsSchema.parse({})
    const made = await coordinator.run('maps.predict', { seriesKey, settings, model: null })
    const mask = engine.readVoxels(made.mask.id, 0)
    const bytes = engine.readVoxels(made.maps.find(({ name }) => name === 'cbv')!.voxels.id, 0)
    const cbv = new Float32Array(bytes.slice().buffer)
    const expected = cbv.map((value, at) => (mask[at] === 1 && value < 2 ? 1 : 0))

    const proposed = await ask('CBV < 2 ml/100 g')
    const voxels = engine.readVoxels(proposed.voxels.id, 0)
    expect(voxels.reduce((sum, inside) => sum + inside, 0)).toBeGreaterThan(0)
    expect(voxels).toEqual(Uint8Array.from(expected))
    expect(proposed.voxels.geometry).toEqual(scan.mask.geometry)
    await answer(proposed.proposalId, 'added')
    const { proposalId, reference } = await ask('rCBF < 30 %')
    expect(reference).toMatch(/^100 % is \d+\.\d, the mean of brain with Tmax below 4 s$/)
    await expect(answer(proposed.proposalId, 'added')).rejects.toMatchObject({ code: 'no-proposal' })
    await answer(proposalId, 'refused')
    await expect(ask('CBF < 5')).rejects.toMatchObject({ code: 'no-proposal' })
    expect(rater.heard.filter((message) => telling.test(message) || /cnn|unet/i.test(message))).toEqual([])

    const { readings } = await coordinator.call('reading.study', { session: owner, studyId })
    expect(readings.map(({ proposals }) => proposals)).toEqual([
      { shown: 2, accepted: 1 },
      { shown: 0, accepted: 0 },
    ])
    const { entries, check } = await coordinator.call('reading.audit', { session: owner, studyId })
    const kept = entries.filter(({ action }) => action.startsWith('reading.proposal'))
    expect(kept.map(({ detail }) => [detail.rule, detail.answer])).toEqual([
      ['CBV < 2 ml/100 g', undefined],
      ['CBV < 2 ml/100 g', 'added'],
      ['rCBF < 30 %', undefined],
      ['rCBF < 30 %', 'refused'],
    ])
    expect(kept[0].detail.network).toMatch(/^perfusion-unet-small [0-9a-f]{12}$/)
    expect(check.whole).toBe(true)

    // The report says it.
    const other = openWindow(engine)
    const two = (await other.call('reading.signIn', { name: 'Rater Two', pin: '2468', first: true })).session
    const [second] = (await other.call('reading.worklist', { session: two, studyId })).items
    const opened = await other.call('reading.open', { session: two, readingId: second.readingId })
    for (const [window, held] of [
      [rater, lease],
      [other, opened.lease],
    ] as const) {
      const { geometry } = scan.mask
      await window.call('reading.save', { lease: held as string, geometry, slices: [], seconds: 1 })
      await window.call('reading.sign', { lease: held as string, pin: '2468', seconds: 1 })
    }
    const of = { from: 'study' as const, session: owner, studyId }
    const { reportId } = await coordinator.run('agreement.report', { of, resamples: 10 })
    const { report } = await coordinator.call('agreement.read', { session: owner, reportId })
    expect(report.design[0]).toContain('proposals of a network could be shown for help')
    expect(report.design[1]).toBe(
      'A structure proposed by a network was shown in 1 of the 2 signed readings and taken over in 1.',
    )
  }, 60_000)

  it('are refused where the protocol forbids them', async () => {
    const { rater, session, readingId } = await begin()
    const { lease } = await rater.call('reading.open', { session, readingId })
    const scan = await rater.run('reading.load', { session, readingId })
    expect(scan.networkRules).toEqual([])
    const asked = { lease: lease as string, rule: 'Tmax > 6 s', structure: 'core' }
    await expect(rater.call('reading.propose', asked)).rejects.toMatchObject({ code: 'not-allowed' })
    const stranger = { ...asked, lease: 'made-up' }
    await expect(rater.call('reading.propose', stranger)).rejects.toMatchObject({ code: 'lease-lost' })
  })
})

it('a rater of an open study is told what it does not hide, and keeps the other rooms', async () => {
  const blinding = { patient: false, source: false, raters: true }
  const { coordinator, rater, session, readingId } = await begin({ blinding })
  await coordinator.run('study.open', { paths: [study.dicom] })
  expect((await rater.call('study.current', {}))?.studies).toHaveLength(1)
  const opened = await rater.call('reading.open', { session, readingId })
  expect(opened).toMatchObject({ label: 'Doe^Jane', source: 'cSVD of the scanner' })
  const scan = await rater.run('reading.load', { session, readingId })
  expect(scan.maps.find(({ name }) => name === 'tmax')?.label).toContain('residue')
})

it('what is drawn on a blinded scan is kept on the frame of reference of its files', async () => {
  const { engine, rater, session, readingId } = await begin()
  const { lease } = await rater.call('reading.open', { session, readingId })
  const { series } = await rater.run('reading.load', { session, readingId })
  const { geometry } = series.voxels
  expect(geometry.frameOfReference).not.toBe(frameOfReference)
  const save = { lease: lease as string, geometry, slices: [], seconds: 1 }
  await rater.call('reading.save', save)
  await rater.call('reading.save', save)
  await engine.close()
  const { openSqlite } = await import('../../../src-main/engine/reading/store/database')
  const store = openSqlite(join(study.folder, `data-${count - 1}`, 'reading', 'studies.db'))
  const { geometry: stored } = store.get<{ geometry: string }>(
    'SELECT geometry FROM reading WHERE id = ?',
    readingId,
  )!
  store.close()
  expect(JSON.parse(stored)).toEqual({ ...geometry, frameOfReference })
})
