import {
  pipelineRestsOn,
  pipelineSettingsSchema,
  pipelineSteps,
  problemOf,
  type MapsMethod,
  type PipelineRun,
  type PipelineSettings,
  type PipelineStep,
  type Problem,
} from '@contract'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { useEngine } from '../engine/client'
import { useReviewStore } from './review'
import { useReviewViewStore } from './reviewView'
import { useSettingsStore } from './settings'
import { useStudyStore } from './study'

/** The steps whose settings are those of the window, and of the vessels chosen in Review. */
const shared = ['inputs', 'deconvolve'] as const
type SharedStep = (typeof shared)[number]
const isShared = (step: PipelineStep): step is SharedStep => shared.some((name) => name === step)

/** The run of the series in Review: its settings, its steps as they are done, and what it made. */
export const usePipelineStore = defineStore('pipeline', () => {
  const engine = useEngine()
  const review = useReviewStore()
  const view = useReviewViewStore()
  const study = useStudyStore()
  const windowSettings = useSettingsStore()

  /** Settings that only runs have; the rest is the window's. */
  const own = shallowRef<PipelineSettings>(pipelineSettingsSchema.parse({}))
  /** Where the files of a run go; empty: nowhere. */
  const directory = ref('')
  const run = shallowRef<PipelineRun | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const running = ref(false)
  const progress = ref(0)
  const stage = ref('')
  /** The step whose settings are open. */
  const openStep = ref<PipelineStep | null>(null)
  let abort: AbortController | null = null
  let ending: Promise<unknown> = Promise.resolve()
  let asking = false

  const settings = computed<PipelineSettings>(() =>
    pipelineSettingsSchema.parse({
      ...own.value,
      inputs: review.settings,
      deconvolve: review.settings,
    }),
  )

  /** Steps whose settings are other than those of the last run. */
  const changed = computed(() => {
    const known = run.value?.steps ?? []
    return new Set(
      pipelineSteps.filter((step) => {
        const before = known.find((record) => record.step === step)
        return (
          before !== undefined && JSON.stringify(before.settings) !== JSON.stringify(settings.value[step])
        )
      }),
    )
  })
  /** Those, and the steps that rest on them: what the next run computes. */
  const outdated = computed(() => {
    const found = new Set<PipelineStep>()
    for (const step of pipelineSteps) {
      if (changed.value.has(step) || pipelineRestsOn[step].some((other) => found.has(other))) found.add(step)
    }
    return found
  })
  /** Whether the maps on the screen are those of the run. */
  const isOnScreen = computed(() => {
    const made = run.value?.steps.filter(({ step }) => step === 'deconvolve' || step === 'predict') ?? []
    return made.some(({ key }) => key !== null && key === review.result?.mapsId)
  })

  async function change(step: PipelineStep, key: string, value: unknown): Promise<void> {
    if (isShared(step)) {
      if (key === 'arterialInput' || key === 'venousOutput') return
      await windowSettings.save({ [key]: value })
      if (key === 'method') review.setMethod('method', windowSettings.perfusion.method)
      return
    }
    const parsed = pipelineSettingsSchema.safeParse({
      ...own.value,
      [step]: { ...own.value[step], [key]: value },
    })
    if (parsed.success) own.value = parsed.data
  }

  async function refresh(seriesKey: string): Promise<void> {
    if (asking) return
    asking = true
    try {
      const state = await engine.call('pipeline.state', { seriesKey })
      if (review.series?.seriesKey === seriesKey && state.run) run.value = state.run
    } catch {
      // The next change of the run asks again; its end tells what went wrong.
    } finally {
      asking = false
    }
  }

  const shownMethods = (): MapsMethod[] =>
    view.layout.compare ? [review.method, review.otherMethod] : [review.method]

  /** Runs all steps; those whose results are known are found. Resolves to whether it made maps. */
  function start(): Promise<boolean> {
    const seriesKey = review.series?.seriesKey
    if (seriesKey === undefined || running.value) return Promise.resolve(false)
    const made = perform(seriesKey)
    ending = made
    return made
  }

  async function perform(seriesKey: string): Promise<boolean> {
    const mine = (abort = new AbortController())
    running.value = true
    problem.value = null
    progress.value = 0
    stage.value = ''
    try {
      const given = directory.value.trim()
      const result = await engine.run(
        'pipeline.run',
        { seriesKey, settings: settings.value, directory: given === '' ? null : given },
        {
          signal: mine.signal,
          onProgress: (job) => {
            progress.value = job.progress
            stage.value = job.stage
            void refresh(seriesKey)
          },
        },
      )
      if (review.series?.seriesKey !== seriesKey) return false
      run.value = result.run
      for (const maps of [result.network, result.maps]) if (maps) review.adoptResult(maps)
      if (result.maps && !shownMethods().includes(result.maps.method)) {
        review.setMethod('method', result.maps.method)
      }
      problem.value = result.run.error
      return result.maps !== null
    } catch (error) {
      await refresh(seriesKey)
      const failed = problemOf(error)
      if (failed.code !== 'cancelled') problem.value = failed
      return false
    } finally {
      running.value = false
    }
  }

  /** The run that was asked for before the series was there: the steps while it goes on, quality once there are maps. */
  async function runOpened(): Promise<void> {
    view.layout.lowerTab = 'pipeline'
    // One of the series before may not have ended yet.
    await ending
    study.toRun = null
    if (!(await start())) return
    view.layout.lowerTab = 'quality'
    await review.ensure(shownMethods().filter((method) => review.results[method] === undefined))
  }

  function cancel(): void {
    abort?.abort()
  }

  watch(
    () => review.series?.seriesKey,
    (seriesKey) => {
      abort?.abort()
      run.value = null
      problem.value = null
      if (seriesKey !== undefined && review.isPerfusion) void refresh(seriesKey)
    },
    { immediate: true },
  )
  watch(
    () => study.toRun !== null && study.toRun === review.series?.seriesKey && review.isPerfusion,
    (asked) => {
      if (asked) void runOpened()
    },
    { immediate: true },
  )

  return {
    settings,
    directory,
    run,
    problem,
    running,
    progress,
    stage,
    openStep,
    changed,
    outdated,
    isOnScreen,
    change,
    start,
    cancel,
  }
})
