import {
  mapNames,
  type MapName,
  type MapsMethod,
  type ModelIdentity,
  type PerfusionSettings,
  type VascularInput,
  type Warning,
} from '@contract'
import { callForEach, openPool, type WorkerPool } from '../compute/pool'
import { partOfRun, stopIfCancelled, type Run } from '../compute/run'
import type { VolumeSeries } from '../volume'
import { prepareDeconvolution } from './job'
import { findInputs } from './inputs'
import { finishMask } from './maskSelection'
import { surveySeries } from './surveySeries'

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
  warnings: Warning[]
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
    return await computeOnPool(pool, series, settings, run)
  } finally {
    await pool.close()
  }
}

async function computeOnPool(
  pool: WorkerPool,
  series: VolumeSeries,
  settings: PerfusionSettings,
  run: Run,
): Promise<PerfusionMaps> {
  const timings: Record<string, number> = {}
  const timed = async <T>(stage: string, work: () => Promise<T> | T): Promise<T> => {
    const start = performance.now()
    const result = await work()
    timings[stage] = Math.round(performance.now() - start) / 1000
    stopIfCancelled(run)
    return result
  }
  const survey = await timed('survey', () => surveySeries(pool, series, settings, partOfRun(run, 0, 0.25)))
  const inputs = await timed('inputs', () => findInputs(survey, settings))
  const mask = await timed('mask', () => finishMask(survey, inputs))
  const job = await timed('prepare', () => prepareDeconvolution(survey, inputs, mask, settings))
  const [, ny, nz] = survey.view.size
  const tasks: unknown[][] = []
  for (let slice = 0; slice < nz; slice++) {
    for (let row = 0; row < ny; row += ROWS_PER_TASK) {
      const to = Math.min(ny, row + ROWS_PER_TASK)
      tasks.push([job, slice, survey.timing.slices[slice], survey.baselineFrames[slice], row, to])
    }
  }
  await timed('deconvolution', () =>
    callForEach<number>(pool, 'deconvolveRows', tasks, partOfRun(run, 0.3, 1), 'Fitting the curves'),
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
    aif: inputs.aif,
    vof: inputs.vof,
    baselineFrames: Math.min(...survey.baselineFrames),
    arrival: inputs.arrival,
    timeStep: survey.timing.step,
    warnings: [...survey.warnings, ...inputs.warnings],
    timings,
  }
}
