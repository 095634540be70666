import { UmbraError, type FilterSettings } from '@contract'
import { allocateVoxels } from '../compute/allocateVoxels'
import { callForEach, openPool, type WorkerPool } from '../compute/pool'
import { ranked } from '../compute/ranked'
import { partOfRun, stopIfCancelled, type Run } from '../compute/run'
import { viewSeries, type VolumeSeries } from '../volume'
import { resultVoxels, type FilterJob } from './job'
import { ROWS_AT_ONCE } from './profileGuided'
import type { SliceSurvey } from './survey'

/** A tenth of a HU where the source stores whole ones: averages have digits of their own. */
const FINEST = 10
const LARGEST_INT16 = 32_767
/** A normal deviate is within this many standard deviations with a probability of one half. */
const QUARTILE = 0.6745

let jobs = 0

/**
 * Filters every frame of a perfusion series in the slice plane, in a pool of workers, into a new series; the source stays
 * as it is. Only soft tissue is filtered (its mean over time is between air and bone; MR: above the background); the rest
 * is copied bit for bit. 16-bit series keep 16 bits, in steps up to ten times finer. Method `none` gives back the series
 * itself. The filters are those of filterFrame.ts and profileGuided.ts. Throws UmbraErrors `too-few-time-points` (one
 * frame has no noise to be measured over time), `nothing-to-filter` and `too-large`, and an AbortError when cancelled.
 */
export async function filterSeries(
  series: VolumeSeries,
  settings: FilterSettings,
  run: Run = {},
): Promise<VolumeSeries> {
  if (settings.method === 'none') return series
  if (series.frames < 2) {
    throw new UmbraError({
      code: 'too-few-time-points',
      message:
        'A series with a single time point cannot be filtered: its noise is measured from frame to frame.',
      hint: 'Choose a perfusion series, or no filter.',
    })
  }
  const pool = openPool('filter')
  try {
    return await filterOnPool(pool, series, settings, run)
  } finally {
    await pool.close()
  }
}

/** The same for a series of at least two frames, on a pool of workers `filter` that is open already. */
export async function filterOnPool(
  pool: WorkerPool,
  series: VolumeSeries,
  settings: FilterSettings,
  run: Run = {},
): Promise<VolumeSeries> {
  const job = await prepareJob(pool, series, settings, partOfRun(run, 0, 0.1))
  await filterAll(pool, job, partOfRun(run, 0.1, 1))
  return { ...series, voxels: resultVoxels(job), slope: series.slope / Math.max(1, job.factor) }
}

async function prepareJob(
  pool: WorkerPool,
  series: VolumeSeries,
  settings: FilterSettings,
  run: Run,
): Promise<FilterJob> {
  const view = viewSeries(series)
  const [nx, ny, nz] = view.size
  const voxels = nx * ny * nz
  const selected = new SharedArrayBuffer(voxels)
  const slices = Array.from({ length: nz }, (_, slice) => [{ view, selected }, slice])
  const surveys = await callForEach<SliceSurvey>(pool, 'surveySlice', slices, run, 'Measuring the noise')
  const signals = surveys.map(({ signal }) => signal).filter(Number.isFinite)
  if (signals.length === 0) {
    throw new UmbraError({
      code: 'nothing-to-filter',
      message: 'The series holds no soft tissue to be filtered.',
      hint: 'Check that it is a perfusion series of the head, and its rescale slope and intercept.',
    })
  }
  const largest = Math.max(1, ...surveys.map((survey) => survey.largest))
  const whole = view.type !== 'float32'
  const factor = whole ? Math.min(FINEST, Math.floor(LARGEST_INT16 / largest)) : 0
  return {
    view,
    spacing: [series.geometry.spacing[0], series.geometry.spacing[1]],
    settings,
    selected,
    perHu: view.echoTime === null ? 1 : ranked(Float32Array.from(signals), signals.length >> 1) / 100,
    noise: noiseOf(surveys),
    result: allocateVoxels(voxels * view.frames * (whole ? 2 : 4), series.description),
    factor: whole ? Math.max(1, factor) : 0,
  }
}

/** Over all slices: the median size of a difference between frames, as a standard deviation of one frame. */
function noiseOf(surveys: readonly SliceSurvey[]): number {
  const length = surveys.reduce((sum, { differences }) => sum + differences.length, 0)
  const all = new Float32Array(length)
  let at = 0
  for (const { differences } of surveys) {
    all.set(differences, at)
    at += differences.length
  }
  return ranked(all, length >> 1) / (QUARTILE * Math.SQRT2)
}

async function filterAll(pool: WorkerPool, job: FilterJob, run: Run): Promise<void> {
  const id = `${process.pid}-${++jobs}`
  const [, ny, nz] = job.view.size
  const tasks: unknown[][] = []
  const guided = job.settings.method === 'tips'
  for (let slice = 0; slice < nz; slice++) {
    if (guided) {
      for (let row = 0; row < ny; row += ROWS_AT_ONCE) {
        tasks.push([job, id, slice, row, Math.min(ny, row + ROWS_AT_ONCE)])
      }
    } else {
      for (let frame = 0; frame < job.view.frames; frame++) tasks.push([job, id, slice, frame])
    }
  }
  await callForEach(pool, guided ? 'filterRows' : 'filterFrame', tasks, run, 'Filtering')
  stopIfCancelled(run)
}
