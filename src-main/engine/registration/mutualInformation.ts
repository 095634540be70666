import type { Geometry, Vec3 } from '@contract'
import { voxelToWorld } from '../volume'
import { gridMap } from './gridMap'
import type { Rigid } from './rigid'

/** Values on a grid, x fastest, then y, slice; what lies beyond [lowest, highest] counts as its ends. */
export interface Image {
  geometry: Geometry
  values: Float32Array
  lowest: number
  highest: number
}

const BINS = 32
/** Less of the fixed image than this in common says nothing. */
const LEAST_OVERLAP = 0.4

/**
 * Normalised mutual information (H(A) + H(B)) / H(A, B) of the fixed image and the moving one under a motion from fixed
 * to moving points (Studholme 1999): 1 where nothing, 2 where everything is shared. Every `stride`th voxel of the fixed
 * image counts. 1 where too little of it falls inside the moving one.
 */
export function normalisedMutualInformation(fixed: Image, moving: Image, motion: Rigid, stride = 1): number {
  const { start, x, y, z } = gridMap(fixed.geometry, motion, moving.geometry)
  const [nx, ny] = fixed.geometry.size
  const [mx, my, mz] = moving.geometry.size
  const joint = new Float64Array(BINS * BINS)
  let inside = 0
  let asked = 0
  for (let at = 0; at < fixed.values.length; at += stride) {
    const [i, j, k] = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))]
    asked++
    const u = Math.round(start[0] + i * x[0] + j * y[0] + k * z[0])
    const v = Math.round(start[1] + i * x[1] + j * y[1] + k * z[1])
    const w = Math.round(start[2] + i * x[2] + j * y[2] + k * z[2])
    if (u < 0 || v < 0 || w < 0 || u >= mx || v >= my || w >= mz) continue
    inside++
    joint[binOf(fixed, at) * BINS + binOf(moving, (w * my + v) * mx + u)]++
  }
  if (inside < LEAST_OVERLAP * asked) return 1
  const rows = new Float64Array(BINS)
  const columns = new Float64Array(BINS)
  joint.forEach((count, at) => {
    rows[Math.floor(at / BINS)] += count
    columns[at % BINS] += count
  })
  const together = entropy(joint, inside)
  return together > 0 ? (entropy(rows, inside) + entropy(columns, inside)) / together : 1
}

function binOf({ values, lowest, highest }: Image, at: number): number {
  const share = (values[at] - lowest) / (highest - lowest)
  return Math.max(0, Math.min(BINS - 1, Math.floor(share * BINS)))
}

function entropy(counts: Float64Array, total: number): number {
  let sum = 0
  for (const count of counts) if (count > 0) sum -= (count / total) * Math.log(count / total)
  return sum
}

/** World position of the middle of what an image shows: the centre of all above the middle of its range. */
export function centreOfHead({ geometry, values, lowest, highest }: Image): Vec3 {
  const [nx, ny] = geometry.size
  const middle = lowest + 0.3 * (highest - lowest)
  const sum: Vec3 = [0, 0, 0]
  let count = 0
  for (let at = 0; at < values.length; at++) {
    if (!(values[at] > middle)) continue
    sum[0] += at % nx
    sum[1] += Math.floor(at / nx) % ny
    sum[2] += Math.floor(at / (nx * ny))
    count++
  }
  const [i, j, k] =
    count > 0 ? sum.map((value) => value / count) : geometry.size.map((extent) => (extent - 1) / 2)
  return voxelToWorld(geometry, [i, j, k])
}
