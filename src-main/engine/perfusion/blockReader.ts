import { LANES, type Plane, type VectorUnit } from '../compute/vectorUnit'
import { relaxation } from './enhancement'
import { viewVoxels, type SeriesView } from '../volume'

/** Rows [fromRow, toRow) of a slice of a series. */
export interface RowSource {
  view: SeriesView
  /** [voxel] of the volume. */
  mask: Uint8Array
  slice: number
  baselineFrames: number
  fromRow: number
  toRow: number
}

/** Reads the enhancement of blocks of neighbouring voxels of a row, all frames, whether in the mask or not. */
export interface BlockReader {
  /** [frame × LANES] of the block read last. */
  readonly enhancement: Plane
  /** [LANES], in the unit of the series. */
  readonly baseline: Plane
  /** Reads the voxels (x … x + LANES, y); lanes beyond the row are 0. */
  read(source: RowSource, x: number, y: number): void
}

export function createBlockReader(unit: VectorUnit, frames: number): BlockReader {
  const enhancement = unit.reserve(frames * LANES)
  const baseline = unit.reserve(LANES)
  return {
    enhancement,
    baseline,
    read: ({ view, slice, baselineFrames }, x, y) => {
      const { size, slope, intercept, echoTime } = view
      const [nx, ny, nz] = size
      const stored = viewVoxels(view)
      const signals = enhancement.floats
      const count = Math.min(LANES, nx - x)
      if (count < LANES) signals.fill(0)
      for (let frame = 0; frame < frames; frame++) {
        const from = ((frame * nz + slice) * ny + y) * nx + x
        signals.set(stored.subarray(from, from + count), frame * LANES)
      }
      if (echoTime === null) {
        unit.kernels.enhance(enhancement.at, frames, baselineFrames, slope, intercept, LANES, baseline.at)
        return
      }
      const levels = baseline.floats
      for (let i = 0; i < LANES; i++) {
        let level = 0
        for (let frame = 0; frame < baselineFrames; frame++) level += signals[frame * LANES + i]
        level = (slope * level) / baselineFrames + intercept
        levels[i] = level
        for (let at = i; at < signals.length; at += LANES) {
          signals[at] = relaxation(signals[at] * slope + intercept, level, echoTime)
        }
      }
    },
  }
}

/**
 * Calls `visit` with the first column of each block of a row that holds masked voxels, `voxels` being their indices in
 * the volume, −1 for the others. Blocks begin with the row's first masked voxel, at a multiple of four.
 */
export function eachMaskedBlock(
  { view, mask, slice }: RowSource,
  y: number,
  voxels: Int32Array,
  visit: (x: number) => void,
): void {
  const [nx, ny] = view.size
  const row = (slice * ny + y) * nx
  const inRow = mask.subarray(row, row + nx)
  const first = inRow.indexOf(1)
  if (first < 0) return
  const end = inRow.lastIndexOf(1) + 1
  for (let x = first - (first % 4); x < end; x += LANES) {
    let masked = 0
    for (let i = 0; i < LANES; i++) {
      const inside = x + i < nx && inRow[x + i] === 1
      voxels[i] = inside ? row + x + i : -1
      if (inside) masked++
    }
    if (masked > 0) visit(x)
  }
}
