import type { MotionReport } from '@contract'
import { callForEach, openPool, type WorkerPool } from '../compute/pool'
import { stopIfCancelled, type Run } from '../compute/run'
import { frameOf, type VolumeSeries } from '../volume'
import { gridMap } from './gridMap'
import { centreOf, reducedGeometry } from './reducedGrid'
import { rotationOf } from './rigid'
import { onSharedMemory, sharedLike } from './sharedVoxels'

type Applied = Pick<MotionReport, 'frames' | 'leftOut' | 'slabs'>

/**
 * A series with the motion that was found in it taken back: corrected frames are resampled, once and at full
 * resolution, those left out are missing, the others are the same bit for bit. The series itself where nothing moved.
 */
export async function applyMotion(
  series: VolumeSeries,
  motion: Applied,
  run: Run = {},
): Promise<VolumeSeries> {
  const pool = openPool('registration')
  try {
    return await applyOnPool(pool, { ...series, voxels: onSharedMemory(series.voxels) }, motion, run)
  } finally {
    await pool.close()
  }
}

export async function applyOnPool(
  pool: WorkerPool,
  series: VolumeSeries,
  { frames, leftOut, slabs }: Applied,
  run: Run,
): Promise<VolumeSeries> {
  if (leftOut.length === 0 && frames.every(({ state }) => state === 'kept')) return series
  const { geometry } = series
  const [nx, ny, nz] = geometry.size
  const length = nx * ny * nz
  const centres = slabs.map((slab) => centreOf(reducedGeometry(geometry, slab, 1)))
  const remaining = Array.from({ length: series.frames }, (_, frame) => frame).filter(
    (frame) => !leftOut.includes(frame),
  )
  const voxels = sharedLike(series.voxels, remaining.length * length, series.description)
  const tasks: unknown[][] = []
  remaining.forEach((frame, index) => {
    const from = frameOf(series, frame)
    const to = voxels.subarray(index * length, (index + 1) * length)
    const moved = frames.filter((motion) => motion.frame === frame && motion.state === 'corrected')
    // What is resampled needs no copy first.
    if (moved.length < slabs.length) to.set(from)
    for (const { slab, rotation, translation } of moved) {
      const motion = { rotation: rotationOf(rotation), translation, centre: centres[slab] }
      tasks.push([from, geometry.size, gridMap(geometry, motion, geometry), slabs[slab], to])
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
