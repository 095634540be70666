import type { Voxels } from '../volume'
import { sliceOf, type ColumnCells } from './columnCells'
import { createColumnFitter, type ColumnFitter } from './columnFit'
import type { EnhancementCourses } from './enhancementCourses'
import type { GridMap } from './gridMap'
import type { SlabRange } from './reducedGrid'
import { createUnexplained, type Unexplained } from './unexplained'

/** A frame of the series as it was scanned, and of the corrected one. */
export interface ColumnFrame {
  scanned: Voxels
  /** Resampled; null where the head kept its place and so do the voxels. */
  corrected: Voxels | null
  /** Where the voxels of the reference lie in the scanned frame. */
  map: GridMap
}

export interface ColumnTask {
  size: readonly [number, number, number]
  slab: SlabRange
  frames: ColumnFrame[]
  cells: ColumnCells
  courses: EnhancementCourses
  /** Pixels averaged along x and y before the fit, and such pixels to the side of a tile. */
  binning: number
  tile: number
}

/** Slices of tiles of columns that were fitted, and those of them that the model made truer. */
export interface RestoredColumns {
  fitted: number
  restored: number
}

/** A tile whose values vary by less than this times their noise has nothing to restore: air. */
const EVEN = 1.1

/**
 * Takes back from resampled frames what lines between thick slices made of the head, in rows [first, last) of all slices
 * of a slab. A model of the head in the reference's place (`createColumnFitter`) says what a slice there shows and what
 * the line between the two slices of the moved frame gives instead; the difference is added. In-plane there is no such
 * loss, so that columns along the slices' normal are told by themselves; tiles of columns share their places. A slice of a
 * tile stays as it is where motion would be left in it after the model as much as before.
 */
export function restoreColumns(
  task: ColumnTask,
  [firstRow, lastRow]: readonly [number, number],
): RestoredColumns {
  const { size, slab, frames, cells, courses, binning, tile } = task
  const slices = slab[1] - slab[0] + 1
  const noise = courses.noise / binning
  const error = Math.max(noise, courses.leastError)
  const fitter = createColumnFitter(cells, slices, courses.courses, courses.count, error, tile * tile)
  const samples = new Float64Array(tile * tile * frames.length * slices)
  const unexplained = createUnexplained(courses)
  const changes = new Float64Array(samples.length)
  const side = tile * binning
  const done: RestoredColumns = { fitted: 0, restored: 0 }
  for (let y = firstRow; y < lastRow; y += side) {
    for (let x = 0; x < size[0]; x += side) {
      sampleTile(task, x, y, samples)
      if (deviation(samples) <= EVEN * noise) continue
      changesOfTile(task, fitter, samples, x, y, changes)
      for (let k = slab[0]; k <= slab[1]; k++) {
        done.fitted++
        if (!leavesLess(task, unexplained, changes, x, y, k)) continue
        done.restored++
        changeSlice(task, changes, x, y, k)
      }
    }
  }
  return done
}

/** What the lines took from the columns of a tile, [frame × slice × column]; 0 where a frame kept its place. */
function changesOfTile(
  task: ColumnTask,
  fitter: ColumnFitter,
  samples: Float64Array,
  left: number,
  top: number,
  changes: Float64Array,
): void {
  const { size, slab, frames, cells, binning, tile } = task
  const columns = tile * tile
  const slices = slab[1] - slab[0] + 1
  const nz = size[2]
  fitter.fit(tilePlaces(task, left, top), samples)
  changes.fill(0)
  frames.forEach(({ corrected, map }, frame) => {
    if (corrected === null) return
    const sums = fitter.sumsOf(frame)
    for (let column = 0; column < columns; column++) {
      const from = column * (cells.count + 1)
      const x = left + (column % tile) * binning + (binning - 1) / 2
      const y = top + Math.floor(column / tile) * binning + (binning - 1) / 2
      for (let place = 0; place < slices; place++) {
        const z = map.start[2] + x * map.x[2] + y * map.y[2] + (slab[0] + place) * map.z[2]
        const within = Math.min(nz - 1, Math.max(0, z))
        const below = Math.min(Math.max(0, nz - 2), Math.floor(within))
        const low = sliceOf(cells, sums, place + (below - z) / map.z[2], from)
        const high = sliceOf(cells, sums, place + (below + 1 - z) / map.z[2], from)
        const lost = sliceOf(cells, sums, place, from) - low - (within - below) * (high - low)
        // A voxel without a number would take its whole tile with it.
        if (Number.isFinite(lost)) changes[(frame * slices + place) * columns + column] = lost
      }
    }
  })
}

/** Whether a slice of a tile holds less that contrast does not explain, motion among it, with the changes than without. */
function leavesLess(
  { size, slab, frames, binning, tile }: ColumnTask,
  unexplained: Unexplained,
  changes: Float64Array,
  left: number,
  top: number,
  slice: number,
): boolean {
  const [nx, ny] = size
  const columns = tile * tile
  const slices = slab[1] - slab[0] + 1
  const lines = new Float64Array(frames.length)
  const changed = new Float64Array(frames.length)
  let [before, after] = [0, 0]
  for (let column = 0; column < columns; column++) {
    const x0 = left + (column % tile) * binning
    const y0 = top + Math.floor(column / tile) * binning
    if (x0 >= nx || y0 >= ny) continue
    frames.forEach(({ scanned, corrected }, frame) => {
      lines[frame] = meanOfPixels(corrected ?? scanned, size, x0, y0, slice, binning)
      changed[frame] = lines[frame] + changes[(frame * slices + slice - slab[0]) * columns + column]
    })
    before += unexplained(lines)
    after += unexplained(changed)
  }
  return after < before
}

function meanOfPixels(
  voxels: Voxels,
  [nx, ny]: readonly number[],
  left: number,
  top: number,
  slice: number,
  side: number,
): number {
  const [right, bottom] = [Math.min(nx, left + side), Math.min(ny, top + side)]
  let sum = 0
  for (let y = top; y < bottom; y++) {
    const row = (slice * ny + y) * nx
    for (let x = left; x < right; x++) sum += voxels[row + x]
  }
  return sum / ((right - left) * (bottom - top))
}

function changeSlice(
  { size, slab, frames, binning, tile }: ColumnTask,
  changes: Float64Array,
  left: number,
  top: number,
  slice: number,
): void {
  const [nx, ny] = size
  const columns = tile * tile
  const slices = slab[1] - slab[0] + 1
  frames.forEach(({ corrected }, frame) => {
    if (corrected === null) return
    for (let column = 0; column < columns; column++) {
      const change = changes[(frame * slices + slice - slab[0]) * columns + column]
      const x0 = left + (column % tile) * binning
      const y0 = top + Math.floor(column / tile) * binning
      for (let y = y0; y < Math.min(ny, y0 + binning); y++) {
        const row = (slice * ny + y) * nx
        for (let x = x0; x < Math.min(nx, x0 + binning); x++) store(corrected, row + x, change)
      }
    }
  })
}

function store(voxels: Voxels, at: number, change: number): void {
  const value = voxels[at] + change
  if (voxels instanceof Float32Array) voxels[at] = value
  else if (voxels instanceof Int16Array) {
    voxels[at] = Math.min(32767, Math.max(-32768, Math.floor(value + 0.5)))
  } else voxels[at] = Math.min(255, Math.max(0, Math.floor(value + 0.5)))
}

/** Where the slices of every frame cross the middle of a tile, [frame × slice], in slices of the slab. */
function tilePlaces({ slab, frames, binning, tile }: ColumnTask, left: number, top: number): Float64Array {
  const slices = slab[1] - slab[0] + 1
  const middle = (tile * binning - 1) / 2
  const places = new Float64Array(frames.length * slices)
  frames.forEach(({ map }, frame) => {
    const start = map.start[2] + (left + middle) * map.x[2] + (top + middle) * map.y[2]
    for (let slice = 0; slice < slices; slice++) {
      places[frame * slices + slice] = (slab[0] + slice - start) / map.z[2] - slab[0]
    }
  })
  return places
}

/** What the slices of every frame show where they cross the columns of a tile, [frame × slice × column]. */
function sampleTile(task: ColumnTask, left: number, top: number, samples: Float64Array): void {
  const { size, slab, frames, binning, tile } = task
  const [nx, ny] = size
  const middle = (binning - 1) / 2
  let to = 0
  for (const { scanned, map } of frames) {
    for (let slice = slab[0]; slice <= slab[1]; slice++) {
      const start = slice * nx * ny
      for (let column = 0; column < tile * tile; column++, to++) {
        const x = left + (column % tile) * binning + middle
        const y = top + Math.floor(column / tile) * binning + middle
        const height = (slice - map.start[2] - x * map.x[2] - y * map.y[2]) / map.z[2]
        const fromX = map.start[0] + x * map.x[0] + y * map.y[0] + height * map.z[0]
        const fromY = map.start[1] + x * map.x[1] + y * map.y[1] + height * map.z[1]
        samples[to] =
          binning === 1
            ? inSlice(scanned, start, nx, ny, fromX, fromY)
            : meanInSlice(scanned, start, nx, ny, fromX - middle, fromY - middle, binning)
      }
    }
  }
}

/** Mean of the square of pixels that begins at (x, y), between the pixels by lines; beyond the slice its edge goes on. */
function meanInSlice(
  values: Voxels,
  start: number,
  nx: number,
  ny: number,
  x: number,
  y: number,
  side: number,
): number {
  const px = Math.min(nx - 1.001 - side, Math.max(0, x))
  const py = Math.min(ny - 1.001 - side, Math.max(0, y))
  const [ix, iy] = [Math.floor(px), Math.floor(py)]
  const [a, b] = [px - ix, py - iy]
  let sum = 0
  for (let j = 0; j <= side; j++) {
    const at = start + (iy + j) * nx + ix
    let inRow = (1 - a) * values[at] + a * values[at + side]
    for (let i = 1; i < side; i++) inRow += values[at + i]
    sum += j === 0 ? (1 - b) * inRow : j === side ? b * inRow : inRow
  }
  return sum / (side * side)
}

/** Cubic convolution within a slice, limited to the nearest pixels' values, as `resampleSlices` does; linear at its edge. */
function inSlice(values: Voxels, start: number, nx: number, ny: number, x: number, y: number): number {
  const px = Math.min(nx - 1, Math.max(0, x))
  const py = Math.min(ny - 1, Math.max(0, y))
  const ix = Math.min(nx - 2, Math.floor(px))
  const iy = Math.min(ny - 2, Math.floor(py))
  const [a, b] = [px - ix, py - iy]
  const at = start + iy * nx + ix
  const [v00, v10, v01, v11] = [values[at], values[at + 1], values[at + nx], values[at + nx + 1]]
  if (ix < 1 || iy < 1 || ix > nx - 3 || iy > ny - 3) {
    const upper = v00 + (v10 - v00) * a
    return upper + (v01 + (v11 - v01) * a - upper) * b
  }
  const a0 = ((2 - a) * a - 1) * a * 0.5
  const a1 = (a * a * (3 * a - 5) + 2) * 0.5
  const a2 = ((4 - 3 * a) * a + 1) * a * 0.5
  const a3 = (a - 1) * a * a * 0.5
  const before = at - nx
  const after = at + nx
  const last = after + nx
  const value =
    ((2 - b) * b - 1) *
      b *
      0.5 *
      (a0 * values[before - 1] + a1 * values[before] + a2 * values[before + 1] + a3 * values[before + 2]) +
    (b * b * (3 * b - 5) + 2) * 0.5 * (a0 * values[at - 1] + a1 * v00 + a2 * v10 + a3 * values[at + 2]) +
    ((4 - 3 * b) * b + 1) *
      b *
      0.5 *
      (a0 * values[after - 1] + a1 * v01 + a2 * v11 + a3 * values[after + 2]) +
    (b - 1) *
      b *
      b *
      0.5 *
      (a0 * values[last - 1] + a1 * values[last] + a2 * values[last + 1] + a3 * values[last + 2])
  return Math.min(Math.max(v00, v10, v01, v11), Math.max(Math.min(v00, v10, v01, v11), value))
}

function deviation(values: Float64Array): number {
  let [sum, squares] = [0, 0]
  for (const value of values) {
    sum += value
    squares += value * value
  }
  const mean = sum / values.length
  return Math.sqrt(Math.max(0, squares / values.length - mean * mean))
}
