import type { Geometry, Vec3 } from '@contract'
import { indexSteps, type Voxels } from '../volume'

/** Values that registration looks at lie within this range; those beyond are taken as its ends. */
export interface ValueRange {
  lowest: number
  highest: number
}

/**
 * From fat to dense bone: the skull, which is rigid, weighs most, while air, pads and head rests (all below fat) and
 * metal count for nothing. Bone itself must not be cut: where it is, a blurred border seems to lie elsewhere.
 */
export const BONE_RANGE: ValueRange = { lowest: -150, highest: 2000 }

/** Slices [first, last] of a series. */
export type SlabRange = [first: number, last: number]

/** Pixels that are averaged along x and y so that they come near to `millimetres`. */
export function reductionFactor(geometry: Geometry, millimetres: number): number {
  const wanted = Math.round(millimetres / Math.max(geometry.spacing[0], geometry.spacing[1]))
  return Math.max(1, Math.min(wanted, Math.floor(Math.min(geometry.size[0], geometry.size[1]) / 16)))
}

/** The grid of a slab whose slices have `factor` times fewer rows and columns; pixels left over are cut off. */
export function reducedGeometry(geometry: Geometry, [first, last]: SlabRange, factor: number): Geometry {
  const [x, y, z] = indexSteps(geometry)
  const shift = (factor - 1) / 2
  const at = (axis: 0 | 1 | 2): number =>
    geometry.origin[axis] + shift * (x[axis] + y[axis]) + first * z[axis]
  const [nx, ny] = geometry.size
  return {
    ...geometry,
    size: [Math.floor(nx / factor), Math.floor(ny / factor), last - first + 1],
    spacing: [geometry.spacing[0] * factor, geometry.spacing[1] * factor, geometry.spacing[2]],
    origin: [at(0), at(1), at(2)],
  }
}

/**
 * Averages squares of pixels, in the unit of the series, after they were brought within a range; `frame` is all slices
 * of one time point as they are stored.
 */
export function reduceFrame(
  frame: Voxels,
  { size }: Geometry,
  [first, last]: SlabRange,
  factor: number,
  scale: { slope: number; intercept: number },
  { lowest, highest }: ValueRange = { lowest: -Infinity, highest: Infinity },
): Float32Array {
  const ends = [(lowest - scale.intercept) / scale.slope, (highest - scale.intercept) / scale.slope]
  const low = Math.min(...ends)
  const high = Math.max(...ends)
  const [nx, ny] = size
  const [mx, my] = [Math.floor(nx / factor), Math.floor(ny / factor)]
  const reduced = new Float32Array(mx * my * (last - first + 1))
  const perPixel = scale.slope / (factor * factor)
  for (let slice = first, row = 0; slice <= last; slice++) {
    for (let j = 0; j < my; j++, row++) {
      for (let b = 0; b < factor; b++) {
        let from = (slice * ny + j * factor + b) * nx
        for (let i = 0, to = row * mx; i < mx; i++, to++) {
          let sum = 0
          for (let a = 0; a < factor; a++) {
            const value = frame[from++]
            sum += value < low ? low : value > high ? high : value
          }
          reduced[to] += sum
        }
      }
    }
  }
  for (let i = 0; i < reduced.length; i++) reduced[i] = reduced[i] * perPixel + scale.intercept
  return reduced
}

/** World position of the middle of a grid, mm. */
export function centreOf(geometry: Geometry): Vec3 {
  const [x, y, z] = indexSteps(geometry)
  const [i, j, k] = geometry.size.map((extent) => (extent - 1) / 2)
  const at = (axis: 0 | 1 | 2): number => geometry.origin[axis] + i * x[axis] + j * y[axis] + k * z[axis]
  return [at(0), at(1), at(2)]
}
