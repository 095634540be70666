import { callForEach, type WorkerPool } from '../compute/pool'
import type { Run } from '../compute/run'
import { stackSpacing, type VolumeSeries } from '../volume'
import { columnCells } from './columnCells'
import { enhancementCourses } from './enhancementCourses'
import type { SlabRange } from './reducedGrid'
import type { ColumnFrame, ColumnTask, RestoredColumns } from './restoreColumns'

/** Between slices nearer than this lines are good enough, mm. */
const THIN_MM = 1.3
const FEWEST_SLICES = 3
/** A head that moves by less of a slice through the slices loses nothing. */
const LEAST_REACH = 0.02
const FEWEST_FRAMES = 10
/** Pixels are averaged up to this size before the fit, and columns within such a square share their places, mm. */
const PIXEL_MM = 1.2
const TILE_MM = 3.6

/**
 * Restores what resampling took from the frames of a slab whose head moved through its slices. `corrected` is the resampled
 * series, changed in place; `frames` are its frames, in order. Thin or few slices, few frames and heads that hardly went
 * through the slices stay as they are: null. Else the share of what was fitted that the model made truer.
 */
export async function restoreThroughSlices(
  pool: WorkerPool,
  corrected: VolumeSeries,
  frames: ColumnFrame[],
  slab: SlabRange,
  run: Run,
): Promise<number | null> {
  const { size, spacing } = corrected.geometry
  const distance = stackSpacing(corrected.geometry)
  const slices = slab[1] - slab[0] + 1
  const reach = furthest(frames, size, slab)
  if (distance <= THIN_MM || slices < FEWEST_SLICES || reach < LEAST_REACH) return null
  if (frames.length < FEWEST_FRAMES || Math.min(size[0], size[1]) < 4) return null
  const courses = enhancementCourses(corrected, slab)
  if (courses === null) return null
  const pixel = Math.max(spacing[0], spacing[1])
  const binning = Math.max(1, Math.round(PIXEL_MM / pixel))
  const tile = Math.max(1, Math.round(TILE_MM / (binning * pixel)))
  const cells = columnCells(slices, distance, reach)
  const task: ColumnTask = { size, slab, frames, cells, courses, binning, tile }
  const rows = tile * binning
  const tasks: unknown[][] = []
  for (let row = 0; row < size[1]; row += rows) tasks.push([task, [row, Math.min(size[1], row + rows)]])
  const stage = 'Restoring what lies between the slices'
  const done = await callForEach<RestoredColumns>(pool, 'restoreColumns', tasks, run, stage)
  const fitted = done.reduce((sum, part) => sum + part.fitted, 0)
  return fitted === 0 ? 0 : done.reduce((sum, part) => sum + part.restored, 0) / fitted
}

/** The largest way through the slices, in slices. */
function furthest(frames: ColumnFrame[], [nx, ny]: readonly number[], slab: SlabRange): number {
  let reach = 0
  for (const { map, corrected } of frames) {
    if (corrected === null) continue
    for (const k of slab) {
      for (const i of [0, nx - 1]) {
        for (const j of [0, ny - 1]) {
          reach = Math.max(reach, Math.abs(map.start[2] + i * map.x[2] + j * map.y[2] + k * map.z[2] - k))
        }
      }
    }
  }
  return reach
}
