import type { MotionReport } from '@contract'
import { callForEach, openPool, type WorkerPool } from '../compute/pool'
import { partOfRun, stopIfCancelled, type Run } from '../compute/run'
import { frameOf, type VolumeSeries } from '../volume'
import { gridMap } from './gridMap'
import { centreOf, reducedGeometry } from './reducedGrid'
import type { ColumnFrame } from './restoreColumns'
import { identityMotion, rotationOf } from './rigid'
import { onSharedMemory, sharedLike } from './sharedVoxels'
import { restoreThroughSlices } from './throughSlices'

type Applied = Pick<MotionReport, 'frames' | 'leftOut' | 'slabs'>

interface AppliedMotion extends Pick<MotionReport, 'restored'> {
  series: VolumeSeries
}

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
    const shared = { ...series, voxels: onSharedMemory(series.voxels) }
    return (await applyOnPool(pool, shared, motion, run)).series
  } finally {
    await pool.close()
  }
}

/** `applyMotion` on a pool of workers `registration` that is open already, and the slabs that a model restored. */
export async function applyOnPool(
  pool: WorkerPool,
  series: VolumeSeries,
  { frames, leftOut, slabs }: Applied,
  run: Run,
): Promise<AppliedMotion> {
  if (leftOut.length === 0 && frames.every(({ state }) => state === 'kept')) return { series, restored: [] }
  const { geometry } = series
  const [nx, ny, nz] = geometry.size
  const length = nx * ny * nz
  const centres = slabs.map((slab) => centreOf(reducedGeometry(geometry, slab, 1)))
  const remaining = Array.from({ length: series.frames }, (_, frame) => frame).filter(
    (frame) => !leftOut.includes(frame),
  )
  const voxels = sharedLike(series.voxels, remaining.length * length, series.description)
  const tasks: unknown[][] = []
  const inPlace = gridMap(geometry, identityMotion([0, 0, 0]), geometry)
  const columns: ColumnFrame[][] = []
  remaining.forEach((frame, index) => {
    const from = frameOf(series, frame)
    const to = voxels.subarray(index * length, (index + 1) * length)
    const moved = frames.filter((motion) => motion.frame === frame && motion.state === 'corrected')
    // What is resampled needs no copy first.
    if (moved.length < slabs.length) to.set(from)
    const ofSlab = slabs.map((): ColumnFrame => ({ scanned: from, corrected: null, map: inPlace }))
    for (const { slab, rotation, translation } of moved) {
      const motion = { rotation: rotationOf(rotation), translation, centre: centres[slab] }
      const map = gridMap(geometry, motion, geometry)
      tasks.push([from, geometry.size, map, slabs[slab], to])
      ofSlab[slab] = { scanned: from, corrected: to, map }
    }
    columns.push(ofSlab)
  })
  const resampling = partOfRun(run, 0, 0.3)
  await callForEach(pool, 'resampleSlices', tasks, resampling, 'Putting the head in place')
  stopIfCancelled(run)
  const times = new Float64Array(remaining.length * nz)
  remaining.forEach((frame, index) =>
    times.set(series.times.subarray(frame * nz, (frame + 1) * nz), index * nz),
  )
  const corrected = { ...series, voxels, times, frames: remaining.length }
  const restored: AppliedMotion['restored'] = []
  for (const [index, slab] of slabs.entries()) {
    const ofSlab = columns.map((frame) => frame[index])
    const part = partOfRun(run, 0.3 + (0.7 * index) / slabs.length, 0.3 + (0.7 * (index + 1)) / slabs.length)
    const share = await restoreThroughSlices(pool, corrected, ofSlab, slab, part)
    if (share !== null) restored.push({ slab: index, share })
  }
  return { series: corrected, restored }
}
