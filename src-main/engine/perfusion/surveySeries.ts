import { UmbraError, type PerfusionSettings, type Warning } from '@contract'
import { callForEach, type WorkerPool } from '../compute/pool'
import { partOfRun, type Run } from '../compute/run'
import type { VolumeSeries } from '../volume'
import type { BrainSearch } from './brain'
import { FEATURE_COUNT } from './curveFeatures'
import { firstArrival } from './firstArrival'
import { viewSeries, type SeriesView } from './seriesView'
import { smoothCurve } from './smoothing'
import { interpolateSpline } from './spline'
import { headShifts, motionWarning } from './headShift'
import type { CurveSurvey, FirstLook, SliceSurvey } from './survey'
import { seriesTiming, type Timing } from './timing'

/** What is known of a series before any vessel is chosen. */
export interface SeriesSurvey {
  view: SeriesView
  timing: Timing
  /** In the slice plane, mm. */
  spacing: [number, number]
  /** [slice]: frames before the bolus reaches the first vessel. */
  baselineFrames: number[]
  brain: Uint8Array
  search: Uint8Array
  /** [feature × voxel], see curveFeatures. */
  features: Float32Array
  /** Temporal standard deviation of a voxel, in enhancement. */
  noise: number
  /** Highest mean enhancement of all searched voxels. */
  meanPeak: number
  warnings: Warning[]
}

/** Times, bolus arrival, brain and a description of every curve in it. */
export async function surveySeries(
  pool: WorkerPool,
  series: VolumeSeries,
  settings: PerfusionSettings,
  run: Run,
): Promise<SeriesSurvey> {
  const timing = seriesTiming(series, settings.timeStep)
  const spacing: [number, number] = [series.geometry.spacing[0], series.geometry.spacing[1]]
  const view = viewSeries(series)
  const [nx, ny, nz] = view.size
  const volume = nx * ny * nz
  const plane = (): SharedArrayBuffer => new SharedArrayBuffer(4 * volume)
  const look: FirstLook = { early: plane(), change: plane(), halfTime: plane() }
  const slices = Array.from({ length: nz }, (_, slice) => slice)
  await callForEach(
    pool,
    'surveySlice',
    slices.map((slice) => [view, slice, timing.slices[slice], look]),
    partOfRun(run, 0, 0.4),
    'Looking for the bolus',
  )
  const search: BrainSearch = {
    baseline: look.early,
    size: [nx, ny, nz],
    spacing: series.geometry.spacing,
    modality: view.echoTime === null ? 'ct' : 'mr',
    brain: new SharedArrayBuffer(volume),
    search: new SharedArrayBuffer(volume),
  }
  if (!(await pool.call<boolean>('findBrain', search))) {
    throw new UmbraError({
      code: 'no-brain',
      message: 'No brain was found in the series.',
      hint: 'Choose a series of the head; its values must be Hounsfield units for CT.',
    })
  }
  run.onProgress?.(0.55, 'Finding the brain')
  const { arrivalTime, warnings } = firstArrival(view, timing, look, new Uint8Array(search.search))
  const baselineFrames = timing.slices.map((times) =>
    Math.max(1, times.filter((time) => time < arrivalTime).length),
  )
  const curves: CurveSurvey = {
    search: search.search,
    features: new SharedArrayBuffer(4 * FEATURE_COUNT * volume),
  }
  const measured = await callForEach<SliceSurvey>(
    pool,
    'surveyCurves',
    slices.map((slice) => [view, slice, timing.slices[slice], baselineFrames[slice], curves]),
    partOfRun(run, 0.55, 1),
    'Describing the curves',
  )
  const voxels = measured.reduce((sum, part) => sum + part.voxels, 0)
  const variance = measured.reduce((sum, part) => sum + part.variance * part.voxels, 0) / Math.max(1, voxels)
  return {
    view,
    timing,
    spacing,
    baselineFrames,
    brain: new Uint8Array(search.brain),
    search: new Uint8Array(search.search),
    features: new Float32Array(curves.features),
    noise: Math.sqrt(variance),
    meanPeak: meanPeak(timing, measured, voxels),
    warnings: [
      ...timing.warnings,
      ...warnings,
      ...motionWarning(headShifts(view, new Float32Array(look.early), spacing)),
    ],
  }
}

/** Highest point of the mean, smoothed enhancement of all slices on the uniform grid. */
function meanPeak(timing: Timing, slices: readonly SliceSurvey[], voxels: number): number {
  const mean = new Float64Array(timing.grid.length)
  slices.forEach(({ sum }, slice) => {
    const onGrid = interpolateSpline(timing.slices[slice], sum, timing.grid)
    for (let i = 0; i < mean.length; i++) mean[i] += onGrid[i] / Math.max(1, voxels)
  })
  return Math.max(...smoothCurve(mean))
}
