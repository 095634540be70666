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
  const curves = new Float64Array(tile * tile * frames.length)
  const side = tile * binning
  const done: RestoredColumns = { fitted: 0, restored: 0 }
  for (let y = firstRow; y < lastRow; y += side) {
    for (let x = 0; x < size[0]; x += side) {
      sampleTile(task, x, y, samples)
      if (deviation(samples) <= EVEN * noise) continue
      const columns = columnsOf(task, x, y)
      fitter.fit(tilePlaces(task, x, y), samples)
      changesOfTile(task, fitter, columns, changes)
      for (let k = slab[0]; k <= slab[1]; k++) {
        done.fitted++
        if (!leavesLess(task, unexplained, changes, columns, k, curves)) continue
        done.restored++
        changeSlice(task, changes, columns, k)
      }
    }
  }
  return done
}

/** A column of a tile, by its number in it, and the first pixel of those that are averaged in it. */
type TileColumn = readonly [column: number, x: number, y: number]

/** The columns of the tile that begins at (left, top), but for those beyond the slices. */
function columnsOf({ size, binning, tile }: ColumnTask, left: number, top: number): TileColumn[] {
  const columns: TileColumn[] = []
  for (let column = 0; column < tile * tile; column++) {
    const x = left + (column % tile) * binning
    const y = top + Math.floor(column / tile) * binning
    if (x < size[0] && y < size[1]) columns.push([column, x, y])
  }
  return columns
}

/** What the lines took from the columns of a tile, [frame × slice × column]; 0 where a frame kept its place. */
function changesOfTile(
  { size, slab, frames, cells, binning, tile }: ColumnTask,
  fitter: ColumnFitter,
  columns: readonly TileColumn[],
  changes: Float64Array,
): void {
  const slices = slab[1] - slab[0] + 1
  const nz = size[2]
  const middle = (binning - 1) / 2
  changes.fill(0)
  frames.forEach(({ corrected, map }, frame) => {
    if (corrected === null) return
    const sums = fitter.sumsOf(frame)
    for (const [column, x, y] of columns) {
      const from = column * (cells.count + 1)
      const start = map.start[2] + (x + middle) * map.x[2] + (y + middle) * map.y[2]
      for (let place = 0; place < slices; place++) {
        const z = start + (slab[0] + place) * map.z[2]
        const within = Math.min(nz - 1, Math.max(0, z))
        const below = Math.min(Math.max(0, nz - 2), Math.floor(within))
        const low = sliceOf(cells, sums, place + (below - z) / map.z[2], from)
        const high = sliceOf(cells, sums, place + (below + 1 - z) / map.z[2], from)
        const lost = sliceOf(cells, sums, place, from) - low - (within - below) * (high - low)
        // A voxel without a number would take its whole tile with it.
        if (Number.isFinite(lost)) changes[(frame * slices + place) * tile * tile + column] = lost
      }
    }
  })
}

/**
 * Whether a slice of a tile holds less that contrast does not explain, motion among it, with the changes than without.
 * `curves` has room for those of its columns.
 */
function leavesLess(
  { size, slab, frames, binning, tile }: ColumnTask,
  unexplained: Unexplained,
  changes: Float64Array,
  columns: readonly TileColumn[],
  slice: number,
  curves: Float64Array,
): boolean {
  const slices = slab[1] - slab[0] + 1
  const count = frames.length
  // Frame by frame, because the columns of a frame lie side by side.
  frames.forEach(({ scanned, corrected }, frame) => {
    for (const [column, x, y] of columns) {
      curves[column * count + frame] = meanOfPixels(corrected ?? scanned, size, x, y, slice, binning)
    }
  })
  let gained = 0
  for (const [column] of columns) {
    const curve = curves.subarray(column * count, (column + 1) * count)
    gained += unexplained(curve)
    for (let frame = 0; frame < count; frame++) {
      curve[frame] += changes[(frame * slices + slice - slab[0]) * tile * tile + column]
    }
    gained -= unexplained(curve)
  }
  return gained > 0
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
  columns: readonly TileColumn[],
  slice: number,
): void {
  const [nx, ny] = size
  const slices = slab[1] - slab[0] + 1
  frames.forEach(({ corrected }, frame) => {
    if (corrected === null) return
    const from = (frame * slices + slice - slab[0]) * tile * tile
    for (const [column, left, top] of columns) {
      for (let y = top; y < Math.min(ny, top + binning); y++) {
        const row = (slice * ny + y) * nx
        for (let x = left; x < Math.min(nx, left + binning); x++) {
          store(corrected, row + x, changes[from + column])
        }
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
