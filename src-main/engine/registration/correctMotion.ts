import { UmbraError, type FrameMotion, type MotionSettings, type Warning } from '@contract'
import { callForEach, openPool, type WorkerPool } from '../compute/pool'
import { partOfRun, stopIfCancelled, type Run } from '../compute/run'
import { frameOf, type VolumeSeries } from '../volume'
import { gridMap } from './gridMap'
import { judgeFrames } from './judge'
import type { SlabRange } from './reducedGrid'
import { registerSlab, type SlabMotion } from './registerSlab'
import { onSharedMemory, sharedLike } from './sharedVoxels'
import { findSlabs } from './slabs'

export interface MotionCorrection {
  /** Where nothing had to be moved or left out, the series that was given. */
  series: VolumeSeries
  /** [frame × slab] of the series that was given. */
  frames: FrameMotion[]
  /** Frames of the series that was given which the corrected one lacks. */
  leftOut: number[]
  slabs: SlabRange[]
  warnings: Warning[]
  /** Seconds per stage. */
  timings: Record<string, number>
}

/**
 * Brings the head of a 4-D series to one place: every frame is registered rigidly to the reference, groups of slices
 * that were scanned apart each by itself, and resampled once, at full resolution. Frames that moved less than the
 * threshold keep their voxels bit for bit; frames that cannot be brought into place are left out, the others keep their
 * times. Work runs in a pool of workers over shared memory; `run` watches and cancels it. Throws `no-such-frame`.
 */
export async function correctMotion(
  series: VolumeSeries,
  settings: MotionSettings,
  run: Run = {},
): Promise<MotionCorrection> {
  const { reference } = settings
  if (reference !== 'mean' && reference >= series.frames) {
    throw new UmbraError({
      code: 'no-such-frame',
      message: `The reference of the motion correction is frame ${reference + 1}, but the series has ${series.frames}.`,
      hint: 'Choose a frame of the series, or the mean.',
    })
  }
  const slabs = findSlabs(series)
  if (!settings.enabled || series.frames < 2) {
    return { series, frames: [], leftOut: [], slabs, warnings: [], timings: {} }
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

async function correctOnPool(
  pool: WorkerPool,
  series: VolumeSeries,
  slabs: SlabRange[],
  settings: MotionSettings,
  run: Run,
): Promise<MotionCorrection> {
  const start = performance.now()
  const found: (SlabMotion | null)[] = []
  for (const [index, slab] of slabs.entries()) {
    const part = partOfRun(run, (0.7 * index) / slabs.length, (0.7 * (index + 1)) / slabs.length)
    found.push(await registerSlab(pool, series, slab, settings.reference, part))
  }
  const registered = performance.now()
  const judgement = judgeFrames(series, slabs, found, settings)
  const corrected = await resampled(
    pool,
    series,
    found,
    judgement.frames,
    judgement.leftOut,
    partOfRun(run, 0.7, 1),
  )
  const seconds = (from: number, to: number): number => Math.round(to - from) / 1000
  return {
    ...judgement,
    series: corrected,
    slabs,
    timings: { registration: seconds(start, registered), resampling: seconds(registered, performance.now()) },
  }
}

/** The series with its frames in place and without those left out. */
async function resampled(
  pool: WorkerPool,
  series: VolumeSeries,
  found: (SlabMotion | null)[],
  frames: FrameMotion[],
  leftOut: number[],
  run: Run,
): Promise<VolumeSeries> {
  if (leftOut.length === 0 && frames.every(({ state }) => state === 'kept')) return series
  const { geometry } = series
  const [nx, ny, nz] = geometry.size
  const length = nx * ny * nz
  const remaining = Array.from({ length: series.frames }, (_, frame) => frame).filter(
    (frame) => !leftOut.includes(frame),
  )
  const voxels = sharedLike(series.voxels, remaining.length * length)
  const tasks: unknown[][] = []
  remaining.forEach((frame, index) => {
    const from = frameOf(series, frame)
    const to = voxels.subarray(index * length, (index + 1) * length)
    to.set(from)
    for (const { slab, state } of frames.filter((motion) => motion.frame === frame)) {
      const motion = found[slab]
      if (state !== 'corrected' || motion === null) continue
      tasks.push([from, geometry.size, gridMap(geometry, motion.motions[frame], geometry), motion.slab, to])
    }
  })
  await callForEach(pool, 'resampleSlices', tasks, run, 'Putting the head in place')
  stopIfCancelled(run)
  const times = new Float64Array(remaining.length * nz)
  remaining.forEach((frame, index) =>
    times.set(series.times.subarray(frame * nz, (frame + 1) * nz), index * nz),
  )
  return { ...series, voxels, times, frames: remaining.length }
}
