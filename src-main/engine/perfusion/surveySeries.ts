import { UmbraError, type PerfusionSettings, type Warning } from '@contract'
import { callForEach, type WorkerPool } from '../compute/pool'
import { partOfRun, type Run } from '../compute/run'
import type { VolumeSeries } from '../volume'
import { findArrival } from './arrival'
import type { BrainSearch } from './brain'
import { FEATURE_COUNT } from './curveFeatures'
import { gatherSignals } from './enhancement'
import { viewSeries, type SeriesView } from './seriesView'
import { interpolateSpline } from './spline'
import type { CurveSurvey, FirstLook } from './survey'
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
  warnings: Warning[]
}

/** Voxels whose mean curve tells when the bolus arrives: the most changing ones. */
const TELLTALE_SHARE = 0.001
const TELLTALE_FEWEST = 30
const TELLTALE_MOST = 2000

/** Times, bolus arrival, brain and a description of every curve in it. */
export async function surveySeries(
  pool: WorkerPool,
  series: VolumeSeries,
  settings: PerfusionSettings,
  run: Run,
): Promise<SeriesSurvey> {
  const timing = seriesTiming(series, settings.timeStep)
  const view = viewSeries(series)
  const [nx, ny, nz] = view.size
  const volume = nx * ny * nz
  const look: FirstLook = {
    early: new SharedArrayBuffer(4 * volume),
    change: new SharedArrayBuffer(4 * volume),
  }
  const slices = Array.from({ length: nz }, (_, slice) => slice)
  await callForEach(
    pool,
    'surveySlice',
    slices.map((slice) => [view, slice, look]),
    partOfRun(run, 0, 0.4),
    'Looking for the bolus',
  )

  const { arrivalTime, warnings } = firstArrival(view, timing, look)
  const baselineFrames = timing.slices.map((times) =>
    Math.max(1, times.filter((time) => time < arrivalTime).length),
  )
  const search: BrainSearch = {
    baseline: look.early,
    size: [nx, ny, nz],
    spacing: series.geometry.spacing,
    modality: view.echoTime === null ? 'ct' : 'mr',
    brain: new SharedArrayBuffer(volume),
    search: new SharedArrayBuffer(volume),
  }
  await pool.call('findBrain', search)
  run.onProgress?.(0.55, 'Finding the brain')
  const curves: CurveSurvey = {
    search: search.search,
    features: new SharedArrayBuffer(4 * FEATURE_COUNT * volume),
  }
  const measured = await callForEach<{ variance: number; voxels: number }>(
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
    spacing: [series.geometry.spacing[0], series.geometry.spacing[1]],
    baselineFrames,
    brain: new Uint8Array(search.brain),
    search: new Uint8Array(search.search),
    features: new Float32Array(curves.features),
    noise: Math.sqrt(variance),
    warnings: [...timing.warnings, ...warnings],
  }
}

/** When the bolus reaches the first vessels (s), from the mean curve of the most changing soft-tissue voxels. */
function firstArrival(
  view: SeriesView,
  timing: Timing,
  look: FirstLook,
): { arrivalTime: number; warnings: Warning[] } {
  const early = new Float32Array(look.early)
  const change = new Float32Array(look.change)
  const ct = view.echoTime === null
  const candidates: number[] = []
  for (let i = 0; i < early.length; i++) {
    if (ct ? early[i] > -50 && early[i] < 250 : early[i] > 0) candidates.push(i)
  }
  if (candidates.length === 0) {
    throw new UmbraError({
      code: 'no-brain',
      message: 'No soft tissue was found in the series.',
      hint: 'Choose a series of the head; its values must be Hounsfield units for CT.',
    })
  }
  candidates.sort((a, b) => change[b] - change[a])
  const count = Math.min(
    TELLTALE_MOST,
    Math.max(TELLTALE_FEWEST, Math.round(TELLTALE_SHARE * candidates.length)),
  )
  const area = view.size[0] * view.size[1]
  const bySlice = new Map<number, number[]>()
  for (const voxel of candidates.slice(0, count)) {
    const slice = Math.floor(voxel / area)
    bySlice.set(slice, [...(bySlice.get(slice) ?? []), voxel - slice * area])
  }
  const mean = new Float64Array(timing.grid.length)
  for (const [slice, voxels] of bySlice) {
    const signals = new Float64Array(voxels.length * view.frames)
    gatherSignals(view, slice, Int32Array.from(voxels), voxels.length, signals)
    const curve = new Float64Array(view.frames)
    for (let i = 0; i < signals.length; i++) curve[i % view.frames] += signals[i]
    const onGrid = interpolateSpline(timing.slices[slice], curve, timing.grid)
    for (let i = 0; i < mean.length; i++) mean[i] += onGrid[i] / count
  }
  const { baselineSamples, uncertain } = findArrival(mean, ct ? 1 : -1)
  const arrivalTime = (baselineSamples - 0.5) * timing.step
  const warnings: Warning[] = uncertain
    ? [
        {
          code: 'early-bolus',
          message: 'The bolus had arrived before the first frames; the baseline is uncertain.',
          hint: 'CBV and CBF may be too small.',
        },
      ]
    : []
  return { arrivalTime, warnings }
}
