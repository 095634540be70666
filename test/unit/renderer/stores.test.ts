import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { perfusionSettingsSchema, UmbraError, type Catalogue } from '@contract'
import { setEngine } from '../../../src-renderer/engine/client'
import { useJobsStore } from '../../../src-renderer/stores/jobs'
import { useLayoutStore } from '../../../src-renderer/stores/layout'
import { reportOf, useMessagesStore } from '../../../src-renderer/stores/messages'
import { useSettingsStore } from '../../../src-renderer/stores/settings'
import { seriesToOpen, useStudyStore } from '../../../src-renderer/stores/study'
import { catalogueOf, seriesOf, studyOf } from './catalogues'
import { engineWith, jobOf, memoryStorage } from './engineDouble'

const perfusion = seriesOf({ key: 'ctp' })
const plain = seriesOf({ key: 'ncct', kind: 'volume', timePoints: 1 })
const report = seriesOf({ key: 'sr', kind: 'other' })
const mixed = catalogueOf([studyOf([plain, perfusion, report])])
const two = catalogueOf([studyOf([perfusion, seriesOf({ key: 'ctp-2' })])])

function use(
  answers: Parameters<typeof engineWith>[0],
  stored: Record<string, string> = {},
): ReturnType<typeof engineWith> {
  vi.stubGlobal('localStorage', memoryStorage(stored))
  vi.stubGlobal('sessionStorage', memoryStorage({}))
  const engine = engineWith({ 'study.recent': () => ({ recent: [] }), ...answers })
  setEngine(engine)
  setActivePinia(createPinia())
  return engine
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

beforeEach(() => vi.useRealTimers())
afterEach(() => {
  setEngine(null)
  vi.unstubAllGlobals()
})

describe('the series a study opens with', () => {
  it('is its one perfusion series, or its one series at all', () => {
    expect(seriesToOpen(mixed)).toBe('ctp')
    expect(seriesToOpen(catalogueOf([studyOf([plain, report])]))).toBe('ncct')
  })

  it('is left to the reader where there are several, and where nothing can be viewed', () => {
    expect(seriesToOpen(two)).toBeNull()
    expect(seriesToOpen(catalogueOf([studyOf([plain, seriesOf({ key: 'b', kind: 'volume' })])]))).toBeNull()
    expect(seriesToOpen(catalogueOf([studyOf([report])]))).toBeNull()
  })
})

describe('what is run', () => {
  it('is the one perfusion series of what is opened for it', async () => {
    use({ 'study.open': () => mixed })
    const study = useStudyStore()
    await study.openAndRun(() => study.open(['/data/a']))
    expect([study.toRun, study.seriesKey, useLayoutStore().room]).toEqual(['ctp', 'ctp', 'review'])
    study.openSeries('ctp')
    expect(study.toRun).toBeNull()
  })

  it('waits for a folder of results where there are several series', async () => {
    use({ 'study.open': () => two })
    const study = useStudyStore()
    await study.openAndRun(() => study.open(['/data/a']))
    expect([study.toRun, study.toQueue, useLayoutStore().room]).toEqual([null, ['ctp', 'ctp-2'], 'studies'])
  })

  it('is nothing where only a volume was opened, or nothing was run', async () => {
    use({ 'study.open': () => catalogueOf([studyOf([plain])]) })
    const study = useStudyStore()
    await study.openAndRun(() => study.open(['/data/a']))
    expect([study.toRun, study.seriesKey]).toEqual([null, 'ncct'])
    await study.open(['/data/a'])
    expect(study.toRun).toBeNull()
  })
})

describe('opening a study', () => {
  it('goes straight to Review with its perfusion series', async () => {
    use({ 'study.open': () => mixed })
    const study = useStudyStore()
    await study.open(['/data/a'])
    expect(study.series?.key).toBe('ctp')
    expect(useLayoutStore().room).toBe('review')
    expect(study.opening).toBeNull()
  })

  it('stays with the list where the reader has to choose', async () => {
    use({ 'study.open': () => two })
    const study = useStudyStore()
    await study.open(['/data/a'])
    expect(study.seriesKey).toBeNull()
    expect(useLayoutStore().room).toBe('studies')
  })

  it('does not take the reader away from another room', async () => {
    use({ 'study.open': () => mixed })
    const layout = useLayoutStore()
    layout.go('settings')
    await useStudyStore().open(['/data/a'])
    expect(layout.room).toBe('settings')
    useMessagesStore().messages[0].action?.run()
    expect(layout.room).toBe('review')
  })

  it('says in Review how many files were left out, with the way to the list', async () => {
    const skipped = [{ file: 'readme.txt', reason: 'Not DICOM.' }]
    use({ 'study.open': () => ({ ...mixed, skipped, filesFound: 961 }) })
    await useStudyStore().open(['/data/a'])
    const [message] = useMessagesStore().messages
    expect(message.problem.message).toBe('1 of 961 files were left out.')
    message.action?.run()
    expect(useLayoutStore().room).toBe('studies')
  })

  it('lets the series of the study before leave first, even when the new one has the same key', async () => {
    use({ 'study.open': () => mixed })
    const study = useStudyStore()
    await study.open(['/data/a'])
    const seen: (string | null)[] = []
    study.$subscribe(() => seen.push(study.seriesKey), { flush: 'post' })
    await study.open(['/data/b'])
    await settled()
    expect(seen).toContain(null)
    expect(study.seriesKey).toBe('ctp')
  })

  it('fails as a card with the engine’s reason, and leaves what was open', async () => {
    const problem = { code: 'not-found', message: 'There is no such folder.', where: '/gone' }
    let fails = false
    use({
      'study.open': () => {
        if (fails) throw new UmbraError(problem)
        return mixed
      },
    })
    const study = useStudyStore()
    await study.open(['/data/a'])
    fails = true
    await study.open(['/gone'])
    expect(study.series?.key).toBe('ctp')
    expect(useMessagesStore().messages.map((message) => message.problem)).toEqual([
      expect.objectContaining(problem),
    ])
  })

  it('is not done twice at once', async () => {
    let finish: (catalogue: Catalogue) => void = () => undefined
    const engine = use({ 'study.open': () => new Promise((resolve) => (finish = resolve)) })
    const study = useStudyStore()
    const first = study.open(['/data/a'])
    await study.open(['/data/b'])
    finish(mixed)
    await first
    expect(engine.asked.filter(([method]) => method === 'study.open')).toEqual([
      ['study.open', { paths: ['/data/a'] }],
    ])
  })
})

describe('a window that is loaded again', () => {
  it('finds the study, the series under review and the room as they were', async () => {
    const layout = JSON.stringify({ version: 1, room: 'review', seriesKey: 'ncct' })
    const engine = use({ 'study.current': () => mixed }, { 'umbra.layout': layout })
    const study = useStudyStore()
    engine.becomeReady()
    await expect.poll(() => study.seriesKey).toBe('ncct')
    expect(useLayoutStore().room).toBe('review')
  })

  it('opens a study that was given to the engine at its start', async () => {
    const engine = use({ 'study.current': () => mixed })
    const study = useStudyStore()
    engine.becomeReady()
    await expect.poll(() => study.seriesKey).toBe('ctp')
    expect(useLayoutStore().room).toBe('review')
  })

  it('keeps everything as it is when the connection was only interrupted', async () => {
    const engine = use({ 'study.open': () => mixed, 'study.current': () => structuredClone(mixed) })
    const study = useStudyStore()
    await study.open(['/data/a'])
    const before = study.catalogue
    engine.becomeReady()
    await settled()
    expect(study.catalogue).toBe(before)
  })

  it('offers to open the study again when the engine was started anew', async () => {
    let current: Catalogue | null = mixed
    const engine = use({ 'study.open': () => mixed, 'study.current': () => current })
    const study = useStudyStore()
    await study.open(['/data/a'])
    current = null
    engine.becomeReady()
    await expect.poll(() => study.catalogue).toBeNull()
    const [message] = useMessagesStore().messages
    expect(message.problem.code).toBe('study-lost')
    message.action?.run()
    await expect.poll(() => study.seriesKey).toBe('ctp')
  })

  it('shows what another window opens', async () => {
    const engine = use({})
    const study = useStudyStore()
    engine.tell(jobOf({ state: 'done', result: mixed }))
    await expect.poll(() => study.seriesKey).toBe('ctp')
  })
})

describe('jobs', () => {
  it('are listed newest first, and follow what the engine tells', async () => {
    const early = jobOf({ id: 'a', startedAt: '2026-11-03T10:00:00.000Z', state: 'done', result: mixed })
    const late = jobOf({ id: 'b', startedAt: '2026-11-03T11:00:00.000Z' })
    const engine = use({ 'jobs.list': () => ({ jobs: [late, early] }) })
    const jobs = useJobsStore()
    engine.becomeReady()
    await expect.poll(() => jobs.jobs.map(({ id }) => id)).toEqual(['b', 'a'])
    expect(jobs.running.map(({ id }) => id)).toEqual(['b'])
    engine.tell({ ...late, state: 'failed', error: { code: 'x', message: 'It broke.' } })
    expect(jobs.running).toEqual([])
    engine.tell(jobOf({ id: 'c' }))
    expect(jobs.jobs.map(({ id }) => id)).toEqual(['c', 'b', 'a'])
  })

  it('do not keep results, which may be large', async () => {
    const engine = use({})
    const jobs = useJobsStore()
    engine.tell(jobOf({ state: 'done', result: mixed }))
    expect(jobs.jobs[0]).not.toHaveProperty('result')
  })
})

describe('settings', () => {
  it('are the engine’s, and are saved there whole', async () => {
    const read = perfusionSettingsSchema.parse({ method: 'osvd' })
    const engine = use({
      'settings.get': () => ({ perfusion: read, backend: 'wasm' }),
      'settings.set': () => ({}),
    })
    const settings = useSettingsStore()
    engine.becomeReady()
    await expect.poll(() => settings.perfusion.method).toBe('osvd')
    await settings.save({ hematocritLarge: 0.4 })
    expect(engine.asked.at(-1)).toEqual(['settings.set', { perfusion: { ...read, hematocritLarge: 0.4 } }])
    expect(settings.state).toBe('saved')
    await settings.reset()
    expect(settings.perfusion).toEqual(perfusionSettingsSchema.parse({}))
  })

  it('hold what networks are computed with, saved alone', async () => {
    const perfusion = perfusionSettingsSchema.parse({})
    const engine = use({
      'settings.get': () => ({ perfusion, backend: 'native' }),
      'settings.set': () => ({}),
    })
    const settings = useSettingsStore()
    engine.becomeReady()
    await expect.poll(() => settings.backend).toBe('native')
    await settings.chooseBackend('wasm')
    expect(engine.asked.at(-1)).toEqual(['settings.set', { backend: 'wasm' }])
    expect(settings.backend).toBe('wasm')
  })

  it('say when they could not be saved', async () => {
    use({})
    const settings = useSettingsStore()
    await settings.save({ smoothInTime: false })
    expect(settings.state).toBe('failed')
    expect(useMessagesStore().messages).toHaveLength(1)
  })
})

describe('the layout', () => {
  const roomFrom = (stored: string): string => {
    use({}, { 'umbra.layout': stored })
    return useLayoutStore().room
  }

  it('is remembered', async () => {
    use({})
    useLayoutStore().go('settings')
    await settled()
    expect(roomFrom(localStorage.getItem('umbra.layout') ?? '')).toBe('settings')
  })

  it('is the usual one where what was remembered is damaged, and keeps what is sound of it', () => {
    expect(roomFrom('{"room":')).toBe('studies')
    expect(roomFrom('null')).toBe('studies')
    expect(roomFrom('{"version":1,"room":"cellar"}')).toBe('studies')
    expect(roomFrom('{"version":1,"room":"jobs","fontSize":"huge"}')).toBe('jobs')
    expect(useLayoutStore().fontSize).toBe(13)
  })

  it('does without a storage that refuses', () => {
    use({})
    const refusing = {
      ...memoryStorage(),
      getItem: () => {
        throw new Error('SecurityError')
      },
    }
    vi.stubGlobal('localStorage', refusing)
    expect(useLayoutStore().room).toBe('studies')
  })
})

describe('messages', () => {
  beforeEach(() => use({}))
  const problem = { code: 'no-artery', message: 'No artery was found.', hint: 'Mark one.', where: 'series 4' }

  it('say a thing once, with how often it happened', () => {
    const messages = useMessagesStore()
    messages.fault(new UmbraError(problem))
    messages.fault(new UmbraError(problem))
    expect(messages.messages).toHaveLength(1)
    expect(messages.messages[0].count).toBe(2)
  })

  it('are silent about what the user cancelled', () => {
    useMessagesStore().fault(new DOMException('Cancelled.', 'AbortError'))
    expect(useMessagesStore().messages).toEqual([])
  })

  it('pass by themselves unless something is wrong', () => {
    vi.useFakeTimers()
    const messages = useMessagesStore()
    messages.inform('Three files were left out.')
    messages.fault(new UmbraError(problem))
    vi.advanceTimersByTime(60_000)
    expect(messages.messages.map((message) => message.problem.code)).toEqual(['no-artery'])
  })

  it('are copied with everything that helps', () => {
    const messages = useMessagesStore()
    messages.show('error', problem, { details: 'line 1' })
    const text = reportOf(messages.messages[0], '0.1.0')
    for (const part of [
      'Umbra 0.1.0',
      'no-artery',
      'No artery was found.',
      'Mark one.',
      'series 4',
      'line 1',
    ]) {
      expect(text).toContain(part)
    }
  })
})
