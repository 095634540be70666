import {
  motionSettingsSchema,
  type FrameMotion,
  type MotionReport,
  type MotionSettings,
  type PerfusionSettings,
  type Warning,
} from '@contract'
import { openPool, type WorkerPool } from '../compute/pool'
import { partOfRun, type Run } from '../compute/run'
import type { VolumeSeries } from '../volume'
import { applyOnPool } from './applyMotion'
import { judgeByHand, judgeFrames } from './judge'
import type { SlabRange } from './reducedGrid'
import { checkFrames, registerSlabs } from './reference'
import { onSharedMemory } from './sharedVoxels'
import { findSlabs } from './slabs'

export interface MotionCorrection {
  /** Where nothing had to be moved or left out, the series that was given. */
  series: VolumeSeries
  /** What frames were brought to: as asked for, or what came in its place. */
  reference: MotionSettings['reference']
  /** [frame × slab] of the series that was given. */
  frames: FrameMotion[]
  /** Frames of the series that was given which the corrected one lacks. */
  leftOut: number[]
  slabs: SlabRange[]
  /** Slabs that a model of what lies between thick slices restored. */
  restored: MotionReport['restored']
  warnings: Warning[]
  /** Seconds per stage. */
  timings: Record<string, number>
}

/**
 * Brings the head of a 4-D series to one place: every frame is registered rigidly to the reference, groups of slices
 * that were scanned apart each by itself, and resampled once, at full resolution. Frames that moved less than the
 * threshold keep their voxels bit for bit; frames that cannot be brought into place, or that the settings name, are left
 * out, the others keep their times. Work runs in a pool of workers over shared memory; `run` watches and cancels it. Throws
 * `no-such-frame`, `too-many-left-out` and `reference-damaged`.
 */
export async function correctMotion(
  series: VolumeSeries,
  given: MotionSettings,
  run: Run = {},
): Promise<MotionCorrection> {
  const settings = { ...given, leaveOut: [...new Set(given.leaveOut)].sort((one, other) => one - other) }
  checkFrames(series.frames, settings)
  const slabs = findSlabs(series)
  const nothingToDo = !settings.enabled && settings.leaveOut.length === 0
  if (nothingToDo || series.frames < 2) {
    const { reference } = settings
    return { series, reference, frames: [], leftOut: [], slabs, restored: [], warnings: [], timings: {} }
  }
  const pool = openPool('registration')
  try {
    return await correctOnPool(
      pool,
      { ...series, voxels: onSharedMemory(series.voxels) },
      slabs,
      settings,
      run,
    )
  } finally {
    await pool.close()
  }
}

/** `correctMotion` on a pool of workers `registration` that is open already; the voxels lie on shared memory. */
export async function correctOnPool(
  pool: WorkerPool,
  series: VolumeSeries,
  slabs: SlabRange[],
  settings: MotionSettings,
  run: Run,
): Promise<MotionCorrection> {
  const start = performance.now()
  const moving = settings.enabled
    ? await registerSlabs(pool, series, slabs, settings, partOfRun(run, 0, 0.7))
    : { found: [], reference: settings.reference, warnings: [] }
  const registered = performance.now()
  const judgement = settings.enabled
    ? judgeFrames(series, slabs, moving.found, settings)
    : judgeByHand(settings.leaveOut)
  const applied = await applyOnPool(pool, series, { ...judgement, slabs }, partOfRun(run, 0.7, 1))
  const seconds = (from: number, to: number): number => Math.round(to - from) / 1000
  return {
    ...judgement,
    ...applied,
    warnings: [...moving.warnings, ...judgement.warnings],
    reference: moving.reference,
    slabs,
    timings: { registration: seconds(start, registered), resampling: seconds(registered, performance.now()) },
  }
}

/** What a correction stands in reports with. */
export function motionReport(
  series: VolumeSeries,
  settings: MotionSettings,
  { frames, leftOut, slabs, restored, timings, reference }: MotionCorrection,
): MotionReport {
  const slices = series.geometry.size[2]
  const times = Array.from({ length: series.frames }, (_, frame) => {
    const ofFrame = series.times.subarray(frame * slices, (frame + 1) * slices)
    return ofFrame.reduce((sum, time) => sum + time, 0) / slices
  })
  return { settings: { ...settings, reference }, frames, leftOut, slabs, restored, times, timings }
}

/** Makes something of a series, after the correction of its motion where the settings ask for it, of the frames that are used. */
export async function withMotionCorrected<T extends { warnings: Warning[]; timings: Record<string, number> }>(
  series: VolumeSeries,
  { motionCorrection }: Pick<PerfusionSettings, 'motionCorrection'>,
  run: Run,
  make: (series: VolumeSeries, run: Run) => Promise<T>,
  {
    correct = correctMotion,
    leaveOut = [],
  }: {
    correct?: (series: VolumeSeries, settings: MotionSettings, run: Run) => Promise<MotionCorrection>
    /** Frames that a person leaves out, by index. */
    leaveOut?: number[]
  } = {},
): Promise<T & { motion?: MotionReport }> {
  if (!motionCorrection && leaveOut.length === 0) return make(series, run)
  const settings = motionSettingsSchema.parse({ enabled: motionCorrection, leaveOut })
  const corrected = await correct(series, settings, partOfRun(run, 0, 0.6))
  const made = await make(corrected.series, partOfRun(run, 0.6, 1))
  return {
    ...made,
    motion: motionReport(series, settings, corrected),
    warnings: [...corrected.warnings, ...made.warnings],
    timings: { ...corrected.timings, ...made.timings },
  }
}
