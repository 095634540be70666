import {
  methodLabels,
  perfusionSettingsSchema,
  problemOf,
  type Comparison,
  type InputChoice,
  type Job,
  type LoadedSeriesInfo,
  type MapsMethod,
  type NetworkModel,
  type PerfusionResult,
  type PerfusionSettings,
  type Problem,
  type ReadingScan,
  type Vec3,
} from '@contract'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { useEngine } from '../engine/client'
import { useSettingsStore } from './settings'
import { emptyUndoList, recordChange, redoChange, undoChange, type UndoList } from './undoList'

/** Long work the room waits for, with a bar and a cancel. */
export interface Work {
  title: string
  stage: string
  progress: number
  cancel: () => void
}

/** Where the arterial and venous curves are taken: what undo and redo step through. */
export interface VascularChoice {
  arterialInput: InputChoice
  venousOutput: InputChoice
}

const automaticVessels: VascularChoice = {
  arterialInput: { kind: 'automatic' },
  venousOutput: { kind: 'automatic' },
}

/** What a reading study says the maps are to be computed with, whatever the window's settings are. */
export interface Prescription {
  method: MapsMethod
  /** A network, as `maps.predict` takes it; null: the usual one. */
  model: string | null
  settings: PerfusionSettings
}

type Results = Partial<Record<MapsMethod, PerfusionResult>>

export const isPerfusionKind = (kind: string): boolean => kind === 'ct-perfusion' || kind === 'mr-perfusion'

/** Two settings give the same maps; both must have come through the schema, which fixes the order of the keys. */
const sameSettings = (a: PerfusionSettings, b: PerfusionSettings): boolean =>
  JSON.stringify(a) === JSON.stringify(b)

/**
 * The series under review, its maps per method, and the changes of its vascular voxels. Voxels stay in the engine and
 * in the viewer; here are only their descriptions.
 */
export const useReviewStore = defineStore('review', () => {
  const engine = useEngine()
  const settingsStore = useSettingsStore()

  const series = shallowRef<LoadedSeriesInfo | null>(null)
  const results = shallowRef<Results>({})
  const vessels = shallowRef<VascularChoice>(automaticVessels)
  const method = ref<MapsMethod>('bennink')
  const otherMethod = ref<MapsMethod>('csvd')
  let comparison: Comparison | null = null
  /** Networks that can make maps, and the chosen one's place among them. */
  const models = shallowRef<NetworkModel[]>([])
  const modelName = ref<string | null>(null)
  const model = computed(
    () => models.value.find((each) => each.model === modelName.value) ?? models.value[0] ?? null,
  )
  const prescription = shallowRef<Prescription | null>(null)
  /** A scan that is read in a study, in the place of the series of this window; its maps name no method. */
  const lent = shallowRef<ReadingScan | null>(null)
  const work = ref<Work | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const changes = shallowRef<UndoList<VascularChoice>>(emptyUndoList())

  /** The settings of the window, with the vessels of this series. */
  const settings = computed<PerfusionSettings>(() =>
    perfusionSettingsSchema.parse(
      prescription.value?.settings ?? { ...settingsStore.perfusion, ...vessels.value },
    ),
  )
  const isPerfusion = computed(() => series.value !== null && isPerfusionKind(series.value.kind))
  /** The maps on the screen: of the chosen method, even where newer ones are being computed. */
  const result = computed(() => results.value[method.value] ?? null)
  const otherResult = computed(() => results.value[otherMethod.value] ?? null)
  const undoTitle = computed(() => changes.value.done.at(-1)?.title ?? null)
  const redoTitle = computed(() => changes.value.undone.at(-1)?.title ?? null)

  /** Maps that a run of the pipeline made. */
  const adopted = new Set<string>()
  let turn = 0
  let abort = new AbortController()
  let computing: { key: string; answer: Promise<PerfusionResult | null> } | null = null

  /** A network is told how the brain and the vessels are found; which deconvolution is chosen means nothing to it. */
  const settingsFor = (wanted: MapsMethod): PerfusionSettings =>
    perfusionSettingsSchema.parse({ ...settings.value, method: wanted === 'cnn' ? 'bennink' : wanted })

  const isCurrent = (wanted: MapsMethod): boolean => {
    const known = results.value[wanted]
    if (known === undefined) return false
    if (wanted === 'cnn' && known.model?.weightsSha256 !== model.value?.weightsSha256) return false
    const asked = settingsFor(wanted)
    // A run decides by itself whether motion is corrected.
    const { motionCorrection } = adopted.has(known.mapsId) ? asked : known.settings
    const method = wanted === 'cnn' ? asked.method : known.settings.method
    return sameSettings(perfusionSettingsSchema.parse({ ...known.settings, motionCorrection, method }), asked)
  }

  /** Whether the maps of a method were computed with other settings or vascular voxels than now chosen. */
  const isStale = (wanted: MapsMethod): boolean => results.value[wanted] !== undefined && !isCurrent(wanted)

  /** Runs one piece of long work; a newer one, or another series, ends it. Failures become the room's problem. */
  async function during<T>(
    title: string,
    start: (options: { signal: AbortSignal; onProgress: (job: Job) => void }) => Promise<T>,
  ): Promise<T | null> {
    abort.abort()
    const own = new AbortController()
    const ownTurn = ++turn
    abort = own
    problem.value = null
    work.value = { title, stage: '', progress: 0, cancel: () => own.abort() }
    try {
      const answer = await start({
        signal: own.signal,
        onProgress: ({ progress, stage }) => {
          if (ownTurn === turn && work.value) work.value = { ...work.value, progress, stage }
        },
      })
      return ownTurn === turn ? answer : null
    } catch (error) {
      if (ownTurn === turn) problem.value = problemOf(error)
      return null
    } finally {
      if (ownTurn === turn) work.value = null
    }
  }

  function adopt(known: PerfusionResult[]): void {
    const newest = known.at(-1)
    if (newest === undefined) return
    const { arterialInput, venousOutput } = newest.settings
    vessels.value = { arterialInput, venousOutput }
    results.value = Object.fromEntries(known.map((entry) => [entry.method, entry]))
  }

  /** Loads a series and, where it is a perfusion series, takes the known maps of the `shown` methods or computes them. */
  async function open(seriesKey: string, shown: () => MapsMethod[]): Promise<void> {
    close()
    const usual = settings.value.method
    ;[method.value, otherMethod.value] = comparison ?? [usual, usual === 'csvd' ? 'bennink' : 'csvd']
    comparison = null
    if (prescription.value !== null) {
      method.value = prescription.value.method
      modelName.value = prescription.value.model
    }
    const loaded = await during('Reading the series', (options) =>
      engine.run('series.load', { seriesKey }, options),
    )
    if (loaded === null) return
    series.value = loaded
    if (!isPerfusionKind(loaded.kind)) return
    const known = await engine.call('maps.list', { seriesKey }).catch((error: unknown) => {
      problem.value = problemOf(error)
      return { results: [] }
    })
    if (series.value !== loaded) return
    // After a reload of the window: maps of the run are known by the keys of its steps.
    const ran = await engine.call('pipeline.state', { seriesKey }).catch(() => null)
    if (series.value !== loaded) return
    for (const { key } of ran?.run?.steps ?? []) if (key !== null) adopted.add(key)
    adopt(known.results)
    await ensure(prescription.value === null ? shown() : [method.value])
  }

  /** The sources that the next series is shown with. */
  function beginWith(asked: Comparison): void {
    comparison = asked
  }

  /** For the next series that is opened, until it is taken back with null. */
  function prescribe(asked: Prescription | null): void {
    prescription.value = asked
  }

  /** Shows the scan of a reading. */
  function lend(scan: ReadingScan): void {
    close()
    series.value = scan.series
    lent.value = scan
  }

  function close(): void {
    turn++
    abort.abort()
    work.value = null
    problem.value = null
    lent.value = null
    series.value = null
    results.value = {}
    changes.value = emptyUndoList()
    vessels.value = automaticVessels
  }

  /** Computes the maps of a method; a computation of the very same maps that is under way is joined. */
  function compute(seriesKey: string, wanted: MapsMethod): Promise<PerfusionResult | null> {
    const input = settingsFor(wanted)
    const network = wanted === 'cnn' ? (model.value?.model ?? null) : null
    const key = JSON.stringify([seriesKey, input, wanted, network])
    if (computing?.key === key) return computing.answer
    const answer = during(
      prescription.value ? 'Computing maps' : `Computing maps (${methodLabels[wanted]})`,
      (options) =>
        wanted === 'cnn'
          ? engine.run('maps.predict', { seriesKey, settings: input, model: network }, options)
          : engine.run('maps.compute', { seriesKey, settings: input }, options),
    ).finally(() => {
      if (computing?.answer === answer) computing = null
    })
    computing = { key, answer }
    return answer
  }

  /** Computes the maps of those methods whose maps are missing or stale, one after the other. */
  async function ensure(wanted: MapsMethod[]): Promise<void> {
    const seriesKey = series.value?.seriesKey
    if (seriesKey === undefined || !isPerfusion.value || lent.value !== null) return
    for (const next of new Set(wanted)) {
      if (isCurrent(next)) continue
      const computed = await compute(seriesKey, next)
      if (computed === null || series.value?.seriesKey !== seriesKey) return
      results.value = { ...results.value, [next]: computed }
    }
  }

  /** Shows maps of the series that were made elsewhere, in the place of those of the same method. */
  function adoptResult(made: PerfusionResult): void {
    if (made.seriesKey !== series.value?.seriesKey) return
    adopted.add(made.mapsId)
    results.value = { ...results.value, [made.method]: made }
  }

  /** Asked for whenever a source of maps can be chosen: a training may have finished meanwhile. */
  async function refreshModels(): Promise<void> {
    models.value = (await engine.call('models.list', {})).models
  }

  function dismissProblem(): void {
    problem.value = null
  }

  /** Chooses a source of maps; choosing the other one's method swaps the two. */
  function setMethod(of: 'method' | 'otherMethod', next: MapsMethod): void {
    const [one, other] = of === 'method' ? [method, otherMethod] : [otherMethod, method]
    if (next === other.value) other.value = one.value
    one.value = next
  }

  /** Takes the arterial or venous curve from these voxels, or lets the engine find them (null); can be undone. */
  async function chooseVessel(
    vessel: 'artery' | 'vein',
    voxels: Vec3[] | null,
    shown: MapsMethod[],
  ): Promise<void> {
    const choice: InputChoice = voxels === null ? { kind: 'automatic' } : { kind: 'voxels', voxels }
    const before = vessels.value
    const after: VascularChoice =
      vessel === 'artery' ? { ...before, arterialInput: choice } : { ...before, venousOutput: choice }
    if (JSON.stringify(before) === JSON.stringify(after)) return
    const name = vessel === 'artery' ? 'arterial input' : 'venous output'
    const title = voxels === null ? `automatic ${name}` : `${name} from ${voxels.length} voxels`
    changes.value = recordChange(changes.value, { title, before, after })
    vessels.value = after
    await ensure(shown)
  }

  async function undo(shown: MapsMethod[]): Promise<void> {
    const step = undoChange(changes.value)
    if (step === null) return
    changes.value = step.list
    vessels.value = step.change.before
    await ensure(shown)
  }

  async function redo(shown: MapsMethod[]): Promise<void> {
    const step = redoChange(changes.value)
    if (step === null) return
    changes.value = step.list
    vessels.value = step.change.after
    await ensure(shown)
  }

  return {
    series,
    results,
    settings,
    method,
    otherMethod,
    models,
    modelName,
    model,
    refreshModels,
    work,
    problem,
    isPerfusion,
    result,
    otherResult,
    undoTitle,
    redoTitle,
    isStale,
    open,
    beginWith,
    prescribe,
    lent,
    lend,
    close,
    ensure,
    adoptResult,
    setMethod,
    dismissProblem,
    chooseVessel,
    undo,
    redo,
  }
})

/** Where there is little room: above a map. */
export const shortMethodLabels: Record<MapsMethod, string> = { ...methodLabels, bennink: 'Box' }
