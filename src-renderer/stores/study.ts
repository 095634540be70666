import {
  catalogueSchema,
  type Catalogue,
  type Job,
  type RecentStudy,
  type SeriesSummary,
  type StudySummary,
} from '@contract'
import { defineStore } from 'pinia'
import { computed, nextTick, ref, shallowRef, watch } from 'vue'
import { useEngine } from '../engine/client'
import { upload, type UploadFile } from '../engine/upload'
import { hostAddress } from '../engine/window'
import { useLayoutStore } from './layout'
import { useMessagesStore } from './messages'
import { useReadingStore } from './reading'

/** A study on its way in: being uploaded, or read by the engine. */
export interface Opening {
  title: string
  stage: string
  progress: number
  cancel: () => void
}

const opens = (method: string): boolean => method === 'study.open' || method === 'study.demo'

/** All series of a catalogue, with the study each belongs to. */
export function seriesOf(catalogue: Catalogue | null): { study: StudySummary; series: SeriesSummary }[] {
  return (catalogue?.studies ?? []).flatMap((study) => study.series.map((series) => ({ study, series })))
}

export const isPerfusion = (series: Pick<SeriesSummary, 'kind'>): boolean =>
  series.kind.endsWith('-perfusion')
export const isViewable = (series: Pick<SeriesSummary, 'kind'>): boolean => series.kind !== 'other'

/** The series a fresh catalogue opens with: its only perfusion series, else its only viewable one, else none. */
export function seriesToOpen(catalogue: Catalogue): string | null {
  const all = seriesOf(catalogue).map(({ series }) => series)
  const perfusion = all.filter(isPerfusion)
  if (perfusion.length === 1) return perfusion[0].key
  const viewable = all.filter(isViewable)
  return perfusion.length === 0 && viewable.length === 1 ? viewable[0].key : null
}

const perfusionKeys = (catalogue: Catalogue): string[] =>
  seriesOf(catalogue).flatMap(({ series }) => (isPerfusion(series) ? [series.key] : []))

/** What is open: the catalogue, and the one series under review. Series and maps are named by key; voxels stay away. */
export const useStudyStore = defineStore('study', () => {
  const engine = useEngine()
  const messages = useMessagesStore()
  const layout = useLayoutStore()
  const reading = useReadingStore()

  const catalogue = shallowRef<Catalogue | null>(null)
  /** The series in Review; null when none was chosen. */
  const seriesKey = ref<string | null>(null)
  /** Series that are about to be put into the queue together; null: none are. */
  const toQueue = shallowRef<string[] | null>(null)
  /** The series that is run from motion to summary as soon as Review holds it; null: none is. */
  const toRun = ref<string | null>(null)
  const opening = ref<Opening | null>(null)
  const recent = shallowRef<RecentStudy[]>([])
  let openedPaths: string[] | null = null
  let restoring = false
  /** Whether what is being opened is to be run. */
  let runsOpened = false
  /** Whether the series to show is named by whoever opens the study. */
  let named = false
  const chosen = computed(
    () => seriesOf(catalogue.value).find((entry) => entry.series.key === seriesKey.value) ?? null,
  )
  /** The series under review, and the study it belongs to. */
  const series = computed(() => chosen.value?.series ?? null)
  const study = computed(() => chosen.value?.study ?? null)

  const showsStudies = (): boolean => ['studies', 'review', 'reading'].includes(layout.room)

  function openSeries(key: string): void {
    toRun.value = null
    seriesKey.value = key
    layout.seriesKey = key
    layout.go('review')
  }

  /** Opens a series in Review and makes everything of it there: the pipeline takes it up once its voxels are there. */
  function runSeries(key: string): void {
    toRun.value = key
    seriesKey.value = key
    layout.seriesKey = key
    layout.go('review')
  }

  /**
   * Puts a catalogue in the place of the one before. The series under review leaves first, so that whoever shows it
   * lets its voxels go, even where the new study has a series of the same key.
   */
  async function take(next: Catalogue | null): Promise<void> {
    seriesKey.value = null
    toRun.value = null
    toQueue.value = null
    catalogue.value = next
    await nextTick()
  }

  /** A study this window did not open itself: the series last reviewed, else the one it would have opened with. */
  async function adopt(next: Catalogue): Promise<void> {
    await take(next)
    const remembered = seriesOf(next).some((entry) => entry.series.key === layout.seriesKey)
    if (remembered) seriesKey.value = layout.seriesKey
    else if (showsStudies()) openFirst(next)
  }

  /** In the Reading room a study is opened to be drawn on there. */
  function openFirst(next: Catalogue): void {
    const first = seriesToOpen(next)
    const runs = runsOpened
    runsOpened = false
    if (first === null) {
      if (!named) layout.go('studies')
      if (runs) runAll(perfusionKeys(next))
    } else if (layout.room === 'reading') seriesKey.value = layout.seriesKey = first
    else if (runs && perfusionKeys(next).includes(first)) runSeries(first)
    else openSeries(first)
  }

  /** One series is run in Review; of several a person says where their results go. */
  function runAll(keys: string[]): void {
    if (keys.length === 1) runSeries(keys[0])
    else if (keys.length > 1) toQueue.value = keys
  }

  /** The study that is open already when the window comes up is run too. */
  function runFirst(): void {
    runsOpened = true
  }

  /** Of whatever is opened meanwhile, the perfusion series is run. */
  async function openAndRun(opens: () => Promise<void>): Promise<void> {
    if (opening.value) return opens()
    runsOpened = true
    await opens().finally(() => (runsOpened = false))
  }

  function tellWhatWasLeftOut(next: Catalogue): void {
    const count = next.skipped.length
    if (count === 0 || layout.room !== 'review') return
    messages.inform(`${count} of ${next.filesFound} files were left out.`, {
      action: { title: 'Show which and why', run: () => layout.go('studies') },
    })
  }

  /** Says that nothing is opened for whoever reads blinded; false to everybody else. */
  function refusesBlinded(): boolean {
    if (reading.blinded) {
      messages.inform('Studies are closed to whoever reads blinded.', { hint: 'Sign out of Reading first.' })
    }
    return reading.blinded
  }

  async function runOpening(
    title: string,
    start: (signal: AbortSignal, onProgress: (job: Job) => void) => Promise<Catalogue>,
  ): Promise<void> {
    if (refusesBlinded()) return
    if (opening.value) {
      messages.inform('A study is being opened already.', {
        hint: 'Cancel it first, or wait until it is there.',
      })
      return
    }
    const abort = new AbortController()
    opening.value = { title, stage: '', progress: 0, cancel: () => abort.abort() }
    try {
      const next = await start(abort.signal, ({ progress, stage }) => {
        if (opening.value) Object.assign(opening.value, { progress, stage })
      })
      layout.seriesKey = null
      await take(next)
      if (showsStudies()) openFirst(next)
      else messages.inform('The study is open.', { action: { title: 'Show it', run: () => openFirst(next) } })
      tellWhatWasLeftOut(next)
    } catch (error) {
      messages.fault(error)
    } finally {
      opening.value = null
      void refreshRecent()
    }
  }

  /** Opens folders, files and zip archives that lie on the engine's machine. */
  function open(paths: string[]): Promise<void> {
    return runOpening('Opening', async (signal, onProgress) => {
      const next = await engine.run('study.open', { paths }, { signal, onProgress })
      openedPaths = paths
      return next
    })
  }

  const openDemo = (): Promise<void> =>
    runOpening('Opening the demonstration study', (signal, onProgress) =>
      engine.run('study.demo', {}, { signal, onProgress }),
    )

  /** Sends files of this computer to the engine's machine, then opens them (browser only). */
  const openUpload = (files: UploadFile[]): Promise<void> =>
    runOpening('Uploading', async (signal, onProgress) => {
      const host = hostAddress()
      if (!host) throw new Error('There is no host to upload to.')
      const path = await upload(host, files, {
        signal,
        onProgress: (progress, stage) => {
          if (opening.value) Object.assign(opening.value, { progress, stage })
        },
      })
      if (opening.value) opening.value.title = 'Opening'
      openedPaths = null
      return engine.run('study.open', { paths: [path] }, { signal, onProgress })
    })

  async function close(): Promise<void> {
    try {
      await engine.call('study.close', {})
      layout.seriesKey = null
      await take(null)
      layout.go('studies')
    } catch (error) {
      messages.fault(error)
    }
  }

  async function refreshRecent(): Promise<void> {
    if (reading.blinded) return
    recent.value = await engine.call('study.recent', {}).then(
      (answer) => answer.recent,
      () => recent.value,
    )
  }

  /** What a protocol names, for whoever may know it; resolves once its series is the one that is shown. */
  async function openFor(paths: string[], seriesUid: string | null): Promise<boolean> {
    named = true
    await open(paths).finally(() => (named = false))
    const all = seriesOf(catalogue.value).map(({ series }) => series)
    const match = all.find(({ uid, uids }) => uid === seriesUid || uids.includes(seriesUid ?? ''))
    const wanted = seriesUid === null ? all.filter(isPerfusion)[0] : match
    if (openedPaths !== paths || wanted === undefined) return false
    seriesKey.value = layout.seriesKey = wanted.key
    return true
  }

  async function forget(paths: string[]): Promise<void> {
    await engine.call('study.forget', { paths }).catch(messages.fault)
    await refreshRecent()
  }

  /** After a reload or a restart of the engine: what is open there is open here. */
  async function restore(): Promise<void> {
    if (reading.blinded) return hide()
    restoring = true
    const current = await engine.call('study.current', {}).finally(() => (restoring = false))
    const before = catalogue.value
    if (current && JSON.stringify(current) !== JSON.stringify(before)) await adopt(current)
    if (!current && before) {
      await take(null)
      offerAgain()
    }
    await refreshRecent()
  }

  /** Whoever reads blinded is shown nothing of what was open in this window. */
  async function hide(): Promise<void> {
    opening.value?.cancel()
    recent.value = []
    await take(null)
  }

  /** Not opened again by itself: if it was the study that brought the engine down, it would do so again. */
  function offerAgain(): void {
    const paths = openedPaths ?? recent.value[0]?.paths
    messages.show(
      'warning',
      {
        code: 'study-lost',
        message: 'The engine was started again, so the study is no longer open.',
        hint: 'Computed maps are kept and come back with it.',
      },
      { action: paths ? { title: 'Open it again', run: () => void open(paths) } : null },
    )
  }

  engine.onReady(() => void restore().catch(messages.fault))
  watch(
    () => reading.blinded,
    () => void restore().catch(messages.fault),
  )
  // An opening that another window started, or that this one started before it was reloaded.
  engine.onJob((job) => {
    if (!opens(job.method) || job.state !== 'done' || opening.value || restoring) return
    const opened = catalogueSchema.safeParse(job.result)
    if (opened.success) void adopt(opened.data)
    void refreshRecent()
  })

  return {
    catalogue,
    seriesKey,
    series,
    study,
    opening,
    recent,
    open,
    openDemo,
    openUpload,
    openSeries,
    toRun,
    runSeries,
    runAll,
    toQueue,
    openAndRun,
    runFirst,
    refusesBlinded,
    openFor,
    close,
    forget,
    restore,
  }
})
