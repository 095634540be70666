import {
  mapNames,
  UmbraError,
  type BackendChoice,
  type CurveSample,
  type MapName,
  type PerfusionResult,
  type PerfusionSettings,
  type Vec3,
  type VoxelArray,
} from '@contract'
import { mapsKey, type MapsStore } from '../cases/mapsStore'
import { partOfRun, type Run } from '../compute/run'
import { createLane, type JobRun } from '../jobs'
import { computePerfusion, mapDefinitions, sampleCurve, type PerfusionMaps } from '../perfusion'
import { describeModel, openRemotePredictor, predictMaps } from '../prediction'
import { withMotionCorrected } from '../registration'
import type { VolumeSeries } from '../volume'
import { createStillSeries } from './stillSeries'
import type { VoxelRegistry } from './voxelRegistry'

const RESULTS_BYTES = 1024 ** 3
const RESULTS_ALWAYS_KEPT = 2

/** The maps of the open study, each known by the hash of the series and the settings it came from. */
export interface MapsSession {
  compute(series: VolumeSeries, settings: PerfusionSettings, run: JobRun): Promise<PerfusionResult>
  /** The same by a network, which computes in a process of its own. */
  predict(
    series: VolumeSeries,
    settings: PerfusionSettings,
    model: ModelChoice,
    run: JobRun,
  ): Promise<PerfusionResult>
  /** Takes in maps that were made elsewhere, under the id of what they were made from. */
  adopt(mapsId: string, seriesKey: string, maps: PerfusionMaps): PerfusionResult
  list(seriesKey: string): PerfusionResult[]
  /** What these maps were computed from: the series with its motion taken back, or the series itself. */
  madeOf(series: VolumeSeries, mapsId: string): Promise<VolumeSeries>
  /** The curve of some voxels of a series, with the fit of the maps where there are some. */
  curve(series: VolumeSeries, sampled: readonly Vec3[], mapsId: string | null): CurveSample
  maps(mapsId: string): PerfusionMaps
  result(mapsId: string): PerfusionResult
  clear(): void
  /** Resolves when nothing is being written to disk any more. */
  settled(): Promise<void>
}

/** A model's folder, and what computes it. */
export interface ModelChoice {
  /** Its folder, or its ONNX file. */
  model: string
  backend: BackendChoice
}

interface Entry {
  result: PerfusionResult
  maps: PerfusionMaps
}

function arrayIds(mapsId: string): string[] {
  return [...mapNames, 'mask'].map((name) => `${mapsId}-${name}`)
}

function bytesOf(maps: PerfusionMaps): number {
  return maps.mask.byteLength + mapNames.reduce((sum, name) => sum + maps.maps[name].byteLength, 0)
}

function describe(
  mapsId: string,
  seriesKey: string,
  computed: PerfusionMaps,
  voxels: VoxelRegistry,
): PerfusionResult {
  const { maps, mask, geometry, ...rest } = computed
  const definitions = mapDefinitions(computed.method)
  const register = (name: MapName | 'mask', content: Float32Array | Uint8Array, unit: string): VoxelArray =>
    voxels.register(`${mapsId}-${name}`, { voxels: content, geometry, frames: 1, unit })
  return {
    ...rest,
    mapsId,
    seriesKey,
    maps: mapNames.map((name) => {
      const { label, definition, unit, display } = definitions[name]
      return { name, label, definition, voxels: register(name, maps[name], unit), display }
    }),
    mask: register('mask', mask, ''),
  }
}

type Maker = (run: Run) => Promise<PerfusionMaps>

async function predictRemotely(
  series: VolumeSeries,
  settings: PerfusionSettings,
  { model, backend }: ModelChoice,
  run: Run,
): Promise<PerfusionMaps> {
  const predictor = await openRemotePredictor(model, { backend })
  try {
    return await predictMaps(predictor, series, settings, run)
  } finally {
    predictor.close()
  }
}

export function createMapsSession(store: MapsStore, voxels: VoxelRegistry): MapsSession {
  /** The least recently used first. */
  const entries = new Map<string, Entry>()
  const still = createStillSeries()
  const lane = createLane('waiting for the maps before these')
  const saving = new Set<Promise<void>>()
  let generation = 0

  /** In the background: the maps are shown while they are written. */
  function save(mapsId: string, maps: PerfusionMaps): void {
    const saved = store
      .save(mapsId, maps)
      .catch(
        (thrown: Error) => void process.stderr.write(`The maps are not kept on disk: ${thrown.message}\n`),
      )
      .finally(() => saving.delete(saved))
    saving.add(saved)
  }

  function entryOf(mapsId: string): Entry {
    const entry = entries.get(mapsId)
    if (entry) return entry
    throw new UmbraError({
      code: 'maps-gone',
      message: 'These maps are no longer in memory.',
      hint: 'Compute them again: what was computed before is found at once.',
      where: mapsId,
    })
  }

  function makeRoom(): void {
    let bytes = [...entries.values()].reduce((sum, { maps }) => sum + bytesOf(maps), 0)
    for (const [mapsId, { maps }] of [...entries]) {
      if (bytes <= RESULTS_BYTES || entries.size <= RESULTS_ALWAYS_KEPT) return
      bytes -= bytesOf(maps)
      entries.delete(mapsId)
      for (const id of arrayIds(mapsId)) voxels.forget(id)
    }
  }

  function touch(mapsId: string, entry: Entry): PerfusionResult {
    entries.delete(mapsId)
    entries.set(mapsId, entry)
    return entry.result
  }

  function admit(mapsId: string, seriesKey: string, maps: PerfusionMaps): PerfusionResult {
    const result = touch(mapsId, { maps, result: describe(mapsId, seriesKey, maps, voxels) })
    makeRoom()
    return result
  }

  async function obtain(mapsId: string, make: Maker, run: JobRun): Promise<PerfusionMaps> {
    const stored = await store.find(mapsId)
    if (stored) {
      run.log('Found: these maps were computed before.')
      return stored
    }
    const maps = await make(partOfRun(run, 0.02, 1))
    save(mapsId, maps)
    return maps
  }

  /** One after the other, and none twice. */
  function inTurn(
    series: VolumeSeries,
    identify: () => Promise<string>,
    make: Maker,
    run: JobRun,
  ): Promise<PerfusionResult> {
    return lane.enter(run, async () => {
      const asked = generation
      run.onProgress(0, 'looking for earlier results')
      const mapsId = await identify()
      const known = entries.get(mapsId)
      if (known) return touch(mapsId, known)
      const maps = await obtain(mapsId, make, run)
      if (asked !== generation) {
        throw new UmbraError({ code: 'no-study', message: 'The study was closed meanwhile.' })
      }
      return admit(mapsId, series.key, maps)
    })
  }

  const inPlace = (
    series: VolumeSeries,
    settings: PerfusionSettings,
    run: Run,
    make: (series: VolumeSeries, run: Run) => Promise<PerfusionMaps>,
  ): Promise<PerfusionMaps> => withMotionCorrected(series, settings, run, make, still)

  return {
    compute: (series, settings, run) =>
      inTurn(
        series,
        () => mapsKey(series, settings),
        (part) => inPlace(series, settings, part, (moved, rest) => computePerfusion(moved, settings, rest)),
        run,
      ),
    predict: (series, settings, { model, backend }, run) =>
      inTurn(
        series,
        async () => mapsKey(series, settings, [(await describeModel(model)).weightsSha256]),
        (part) =>
          inPlace(series, settings, part, (moved, rest) =>
            predictRemotely(moved, settings, { model, backend }, rest),
          ),
        run,
      ),
    adopt: (mapsId, seriesKey, maps) => {
      const known = entries.get(mapsId)
      return known ? touch(mapsId, known) : admit(mapsId, seriesKey, maps)
    },
    list: (seriesKey) =>
      [...entries.values()].map(({ result }) => result).filter((result) => result.seriesKey === seriesKey),
    maps: (mapsId) => entryOf(mapsId).maps,
    result: (mapsId) => entryOf(mapsId).result,
    madeOf: (series, mapsId) => still.of(series, entryOf(mapsId).maps.motion),
    curve: (series, sampled, mapsId) =>
      sampleCurve(series, sampled, mapsId === null ? null : entryOf(mapsId).maps),
    clear: () => {
      generation++
      still.clear()
      entries.clear()
    },
    settled: async () => void (await Promise.all(saving)),
  }
}
