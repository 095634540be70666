import {
  mapNames,
  type MapName,
  type MapsMethod,
  type ModelIdentity,
  type MotionReport,
  type PerfusionSettings,
  type VascularInput,
  type Warning,
} from '@contract'
import { callForEach, openPool, type WorkerPool } from '../compute/pool'
import { nextTurn, partOfRun, type Run } from '../compute/run'
import { prepareDeconvolution } from './job'
import { findInputs, type VascularInputs } from './inputs'
import { finishMask } from './maskSelection'
import { viewSeries, type VolumeSeries } from '../volume'
import { surveySeries } from './surveySeries'
import { seriesTiming } from './timing'

/** The maps of a series and everything they rest on. Maps are [voxel] of the volume, 0 outside the mask. */
export interface PerfusionMaps {
  geometry: VolumeSeries['geometry']
  method: MapsMethod
  settings: PerfusionSettings
  /** The network that made the maps; absent for a deconvolution. */
  model?: ModelIdentity
  maps: Record<MapName, Float32Array>
  mask: Uint8Array
  aif: VascularInput
  vof: VascularInput | null
  /** Frames before the bolus, of the slice that has fewest. */
  baselineFrames: number
  /** Bolus arrival in the artery, s from the first frame: the origin of TTP. */
  arrival: number
  timeStep: number
  /** How the head moved, where motion was corrected before. */
  motion?: MotionReport
  warnings: Warning[]
  /** Seconds per stage. */
  timings: Record<string, number>
}

/** All that a deconvolution takes from a series beside its curves; the mask is [voxel], 1 where maps are made. */
export interface PreparedInputs extends VascularInputs {
  mask: Uint8Array
  /** [slice]: frames before the bolus. */
  baselineFrames: number[]
  /** Temporal standard deviation of a voxel, in enhancement. */
  noise: number
  /** Seconds per stage. */
  timings: Record<string, number>
}

const ROWS_PER_TASK = 128

/**
 * Computes CBF, CBV, MTT, TTP, Tmax and delay of a CT perfusion or DSC-MRI series (mapDefinitions has units and
 * definitions). Work runs in a pool of workers over shared memory; `run` watches and cancels it. Throws UmbraErrors
 * that name the cause: `too-few-time-points`, `no-acquisition-times`, `no-brain`, `no-contrast`, `no-arterial-input`.
 */
export async function computePerfusion(
  series: VolumeSeries,
  settings: PerfusionSettings,
  run: Run = {},
): Promise<PerfusionMaps> {
  const pool = openPool('perfusion')
  try {
    const prepared = await prepareOnPool(pool, series, settings, partOfRun(run, 0, 0.3))
    return await deconvolveOnPool(pool, series, prepared, settings, partOfRun(run, 0.3, 1))
  } finally {
    await pool.close()
  }
}

/**
 * The first half of computePerfusion: brain, vessels and mask. Of the settings it asks the choice of vessels, the scaling
 * to the vein and the time step. Throws what computePerfusion throws.
 */
export async function prepareInputs(
  series: VolumeSeries,
  settings: PerfusionSettings,
  run: Run = {},
): Promise<PreparedInputs> {
  const pool = openPool('perfusion')
  try {
    return await prepareOnPool(pool, series, settings, run)
  } finally {
    await pool.close()
  }
}

/** The second half of computePerfusion: the maps from inputs that were prepared, of the same series and time step. */
export async function deconvolve(
  series: VolumeSeries,
  prepared: PreparedInputs,
  settings: PerfusionSettings,
  run: Run = {},
): Promise<PerfusionMaps> {
  const pool = openPool('perfusion')
  try {
    return await deconvolveOnPool(pool, series, prepared, settings, run)
  } finally {
    await pool.close()
  }
}

type Timed = <T>(stage: string, work: () => Promise<T> | T) => Promise<T>

function stopwatch(timings: Record<string, number>, run: Run): Timed {
  return async (stage, work) => {
    const start = performance.now()
    const result = await work()
    timings[stage] = Math.round(performance.now() - start) / 1000
    await nextTurn(run)
    return result
  }
}

/** `prepareInputs` on a pool of workers `perfusion` that is open already. */
export async function prepareOnPool(
  pool: WorkerPool,
  series: VolumeSeries,
  settings: PerfusionSettings,
  run: Run,
): Promise<PreparedInputs> {
  const timings: Record<string, number> = {}
  const timed = stopwatch(timings, run)
  const survey = await timed('survey', () => surveySeries(pool, series, settings, partOfRun(run, 0, 0.85)))
  const inputs = await timed('inputs', () => findInputs(survey, settings))
  const mask = await timed('mask', () => finishMask(survey, inputs))
  return {
    ...inputs,
    mask,
    baselineFrames: survey.baselineFrames,
    noise: survey.noise,
    warnings: [...survey.warnings, ...inputs.warnings],
    timings,
  }
}

/** `deconvolve` on a pool of workers `perfusion` that is open already. */
export async function deconvolveOnPool(
  pool: WorkerPool,
  series: VolumeSeries,
  prepared: PreparedInputs,
  settings: PerfusionSettings,
  run: Run,
): Promise<PerfusionMaps> {
  const timings: Record<string, number> = { ...prepared.timings }
  const timed = stopwatch(timings, run)
  const timing = seriesTiming(series, settings.timeStep)
  const { mask, baselineFrames, noise } = prepared
  const job = await timed('prepare', () => {
    const [dx, dy] = series.geometry.spacing
    const survey = { view: viewSeries(series), timing, spacing: [dx, dy] as [number, number], noise }
    return prepareDeconvolution(survey, prepared, onSharedMemory(mask), settings)
  })
  const [, ny, nz] = series.geometry.size
  const tasks: unknown[][] = []
  for (let slice = 0; slice < nz; slice++) {
    for (let row = 0; row < ny; row += ROWS_PER_TASK) {
      const to = Math.min(ny, row + ROWS_PER_TASK)
      tasks.push([job, slice, timing.slices[slice], baselineFrames[slice], row, to])
    }
  }
  await timed('deconvolution', () =>
    callForEach<number>(pool, 'deconvolveRows', tasks, run, 'Fitting the curves'),
  )
  return {
    geometry: series.geometry,
    method: settings.method,
    settings,
    maps: Object.fromEntries(mapNames.map((name) => [name, new Float32Array(job.maps[name])])) as Record<
      MapName,
      Float32Array
    >,
    mask,
    aif: prepared.aif,
    vof: prepared.vof,
    baselineFrames: Math.min(...baselineFrames),
    arrival: prepared.arrival,
    timeStep: timing.step,
    warnings: prepared.warnings,
    timings,
  }
}

function onSharedMemory(mask: Uint8Array): Uint8Array {
  if (mask.buffer instanceof SharedArrayBuffer) return mask
  const shared = new Uint8Array(new SharedArrayBuffer(mask.byteLength))
  shared.set(mask)
  return shared
}
