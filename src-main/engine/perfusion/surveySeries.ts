import { UmbraError, type PerfusionSettings, type Warning } from '@contract'
import { callForEach, type WorkerPool } from '../compute/pool'
import { partOfRun, unlessCancelled, type Run } from '../compute/run'
import { otsuThreshold, type BrainSearch } from '../masks'
import { FEATURE_COUNT } from './curveFeatures'
import { firstArrival } from './firstArrival'
import { viewSeries, type SeriesView, type VolumeSeries } from '../volume'
import { smoothCurve } from './smoothing'
import { interpolateSpline } from './spline'
import { headShifts, motionWarning } from './headShift'
import type { CurveSurvey, FirstCount, FirstLook, SliceSurvey } from './survey'
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
  /** How far that mean falls below its baseline: contrast that was there before the scan, and leaves. */
  meanFall: number
  /** The last of that mean over its highest, 0 to 1. */
  atEnd: number
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
  const counts = await callForEach<FirstCount>(
    pool,
    'surveySlice',
    slices.map((slice) => [view, slice, timing.slices[slice], look]),
    partOfRun(run, 0, 0.4),
    'Looking for the bolus',
  )
  if (series.kind === 'ct-perfusion') refuseOtherUnits(new Float32Array(look.early))
  const search = await searchBrain(pool, series, look, counts, partOfRun(run, 0.4, 0.55))
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
  const mean = meanEnhancement(timing, measured, voxels)
  return {
    view,
    timing,
    spacing,
    baselineFrames,
    brain: new Uint8Array(search.brain),
    search: new Uint8Array(search.search),
    features: new Float32Array(curves.features),
    noise: Math.sqrt(variance),
    meanPeak: Math.max(...mean),
    meanFall: Math.max(0, -Math.min(...mean)),
    atEnd: mean[mean.length - 1] / Math.max(...mean),
    warnings: [
      ...timing.warnings,
      ...warnings,
      ...motionWarning(headShifts(view, new Float32Array(look.early), spacing)),
    ],
  }
}

/** The mean, smoothed enhancement of all slices on the uniform grid. */
function meanEnhancement(timing: Timing, slices: readonly SliceSurvey[], voxels: number): Float64Array {
  const mean = new Float64Array(timing.grid.length)
  slices.forEach(({ sum }, slice) => {
    const onGrid = interpolateSpline(timing.slices[slice], sum, timing.grid)
    for (let i = 0; i < mean.length; i++) mean[i] += onGrid[i] / Math.max(1, voxels)
  })
  return smoothCurve(mean)
}

/** Values of soft tissue where the usual intercept of −1024 was lost, and the share of the image that has them then. */
const SHIFTED_TISSUE = [980, 1200] as const
const SHIFTED_SHARE = 0.1
/** In Hounsfield units some of an image is air, or fat; below lies what fills the corners. */
const AIRY_SHARE = 0.01
const PADDING = -1500

/** Without Hounsfield units neither air, bone nor brain is what it seems. Throws `not-hounsfield`. */
function refuseOtherUnits(early: Float32Array): void {
  let [shifted, airy] = [0, 0]
  for (const value of early) {
    if (value > SHIFTED_TISSUE[0] && value < SHIFTED_TISSUE[1]) shifted++
    if (value > PADDING && value < -100) airy++
  }
  if (shifted < SHIFTED_SHARE * early.length || airy > AIRY_SHARE * early.length) return
  throw new UmbraError({
    code: 'not-hounsfield',
    message: 'The values are no Hounsfield units: soft tissue lies near 1050, and nothing is as dark as air.',
    hint: 'Rescale Intercept (0028,1052) is missing or wrong. Export the series again.',
  })
}

/** CT shows a skull when this share of the head is bone. */
const BONY = 0.02

async function searchBrain(
  pool: WorkerPool,
  { geometry, kind }: VolumeSeries,
  look: FirstLook,
  counts: readonly FirstCount[],
  run: Run,
): Promise<BrainSearch> {
  const [nx, ny, nz] = geometry.size
  const mask = (): SharedArrayBuffer => new SharedArrayBuffer(nx * ny * nz)
  const head = counts.reduce((sum, count) => sum + count.head, 0)
  const bone = counts.reduce((sum, count) => sum + count.bone, 0)
  const mr = kind === 'mr-perfusion'
  const search: BrainSearch = {
    size: geometry.size,
    spacing: geometry.spacing,
    baseline: look.early,
    kind: mr ? 'mr' : bone >= BONY * head ? 'skull' : 'bare',
    threshold: mr ? otsuThreshold(new Float32Array(look.early)) : 0,
    inside: mask(),
    core: mask(),
    brain: mask(),
    search: mask(),
  }
  const slices = Array.from({ length: nz }, (_, slice) => [search, slice])
  await callForEach(pool, 'outlineBrain', slices, partOfRun(run, 0, 0.4), 'Finding the brain')
  if (!(await unlessCancelled(run, pool.call<boolean>('keepBrain', search)))) {
    throw new UmbraError({
      code: 'no-brain',
      message: 'No brain was found in the series.',
      hint: 'Choose a series of the head; its values must be Hounsfield units for CT.',
    })
  }
  await callForEach(pool, 'growBrain', slices, partOfRun(run, 0.6, 1), 'Finding the brain')
  return search
}
