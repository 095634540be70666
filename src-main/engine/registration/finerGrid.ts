import type { Geometry, Vec3 } from '@contract'
import { stackSpacing } from '../volume'
import { sharedFloats } from './sharedVoxels'

/** An image on a grid. */
export interface Image {
  geometry: Geometry
  values: Float32Array
}

/** Parts of a pixel, and the distance of slices, between which lines are good enough. */
const PARTS_OF_PIXEL = 2
const SLICES_MM = 1.3
const MOST_PARTS = 6

/**
 * An image on a grid so fine that lines between its voxels are good enough: natural cubic splines along the slices'
 * normal, then along rows and columns; the given voxels are among its own. Lines between coarse voxels are a blurred
 * image, which draws every pose towards the grid's, and lines between thick slices look like motion. Shared memory.
 */
export function finerGrid(image: Image): Image {
  const distance = stackSpacing(image.geometry)
  const acrossSlices = Math.min(MOST_PARTS, Math.max(1, Math.ceil(distance / SLICES_MM)))
  const parts: Vec3 = [PARTS_OF_PIXEL, PARTS_OF_PIXEL, acrossSlices]
  const finer = ([2, 0, 1] as const).reduce((from, axis) => dividedAlong(from, axis, parts[axis]), image)
  const values = sharedFloats(finer.values.length)
  values.set(finer.values)
  return { geometry: finer.geometry, values }
}

/** `parts` − 1 more voxels between any two neighbours along an axis, by natural cubic splines. */
function dividedAlong({ geometry, values }: Image, axis: 0 | 1 | 2, parts: number): Image {
  const length = geometry.size[axis]
  if (parts === 1 || length === 1) return { geometry, values }
  const size: Vec3 = [...geometry.size]
  const spacing: Vec3 = [...geometry.spacing]
  size[axis] = (length - 1) * parts + 1
  spacing[axis] /= parts
  const stride = geometry.size.slice(0, axis).reduce((product, extent) => product * extent, 1)
  const divided = new Float32Array(size[0] * size[1] * size[2])
  const pivots = splinePivots(length)
  const bend = new Float64Array(length)
  const lines = values.length / length
  for (let line = 0; line < lines; line++) {
    const block = Math.floor(line / stride)
    const from = block * stride * length + (line % stride)
    const to = block * stride * size[axis] + (line % stride)
    findBend(values, from, stride, pivots, bend)
    for (let i = 0; i < length - 1; i++) {
      const low = values[from + i * stride]
      const high = values[from + (i + 1) * stride]
      for (let part = 0; part < parts; part++) {
        const b = part / parts
        const a = 1 - b
        const value = a * low + b * high + ((a * a - 1) * a * bend[i] + (b * b - 1) * b * bend[i + 1]) / 6
        divided[to + (i * parts + part) * stride] = value
      }
    }
    divided[to + (length - 1) * parts * stride] = values[from + (length - 1) * stride]
  }
  return { geometry: { ...geometry, size, spacing }, values: divided }
}

/** What Thomas' elimination of 1, 4, 1 divides by, for the inner ones of `length` places. */
function splinePivots(length: number): Float64Array {
  const pivots = new Float64Array(length)
  for (let i = 1; i < length - 1; i++) pivots[i] = 4 - (i > 1 ? 1 / pivots[i - 1] : 0)
  return pivots
}

/** Second derivatives at the places of a line, whose ends are straight: the natural cubic spline. */
function findBend(
  values: Float32Array,
  from: number,
  stride: number,
  pivots: Float64Array,
  bend: Float64Array,
): void {
  const last = bend.length - 1
  bend[0] = bend[last] = 0
  for (let i = 1, at = from + stride; i < last; i++, at += stride) {
    const right = 6 * (values[at - stride] - 2 * values[at] + values[at + stride])
    bend[i] = right - (i > 1 ? bend[i - 1] / pivots[i - 1] : 0)
  }
  for (let i = last - 1; i > 0; i--) bend[i] = (bend[i] - bend[i + 1]) / pivots[i]
}
