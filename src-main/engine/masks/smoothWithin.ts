import type { Geometry } from '@contract'
import { voxelVolume } from '../volume'
import { labelComponents } from './morphology'

const FULL_WIDTH = 2 * Math.sqrt(2 * Math.log(2))

/** Smooths one map after the other, [voxel] to [voxel]. */
export type Smoother = (map: Float32Array) => Float32Array

/**
 * Smooths maps in their slice planes by a Gaussian of `fullWidthMm` at half maximum, over the voxels of the mask only
 * (normalised convolution, Knutsson & Westin 1993): fluid, vessels and air do not bleed into tissue. Both [voxel];
 * 0 outside the mask. A width of 0 gives a copy. Values that mean nothing, where `known` is 0, take no part; such a voxel
 * gets the mean of the known ones around it, and 0 where there are none.
 */
export function smootherWithin(
  mask: Uint8Array,
  { size, spacing }: Pick<Geometry, 'size' | 'spacing'>,
  fullWidthMm: number,
  known: Uint8Array = mask,
): Smoother {
  const sigma = fullWidthMm / FULL_WIDTH
  const across = kernel(sigma / spacing[0])
  const down = kernel(sigma / spacing[1])
  const area = size[0] * size[1]
  const taken = mask.map((inside, i) => (inside === 0 || known[i] === 0 ? 0 : 1))
  const plane = new Float32Array(area)
  const weights = new Float32Array(mask.length)
  const slices = Array.from({ length: size[2] }, (_, z) => {
    const from = z * area
    const box = boxAround(mask.subarray(from, from + area), size[0])
    plane.set(taken.subarray(from, from + area))
    convolve(plane, size[0], box, across, down)
    weights.set(plane, from)
    return { from, box }
  })
  return (map) => {
    const result = new Float32Array(map.length)
    for (const { from, box } of slices) {
      for (let i = 0; i < area; i++) plane[i] = taken[from + i] === 0 ? 0 : map[from + i]
      convolve(plane, size[0], box, across, down)
      for (let i = 0; i < area; i++) {
        const weight = weights[from + i]
        if (mask[from + i] !== 0 && weight > 0) result[from + i] = plane[i] / weight
      }
    }
    return result
  }
}

/** One map smoothed: see `smootherWithin`. */
export function smoothWithin(
  map: Float32Array,
  mask: Uint8Array,
  geometry: Pick<Geometry, 'size' | 'spacing'>,
  fullWidthMm: number,
  known: Uint8Array = mask,
): Float32Array {
  return smootherWithin(mask, geometry, fullWidthMm, known)(map)
}

/** One half of a Gaussian with its centre first; [1] where it is narrower than a third of a voxel. */
function kernel(sigma: number): Float64Array {
  if (!(sigma > 1 / 3)) return Float64Array.of(1)
  const half = Float64Array.from({ length: 1 + Math.ceil(2.5 * sigma) }, (_, i) =>
    Math.exp(-0.5 * (i / sigma) ** 2),
  )
  const total = half[0] + 2 * half.subarray(1).reduce((sum, value) => sum + value, 0)
  return half.map((value) => value / total)
}

/** Columns and rows, [from, to). */
interface Box {
  columns: readonly [number, number]
  rows: readonly [number, number]
}

function boxAround(slice: Uint8Array, nx: number): Box {
  let [left, right] = [nx, 0]
  let [top, bottom] = [0, 0]
  for (let row = 0; row * nx < slice.length; row++) {
    const line = slice.subarray(row * nx, (row + 1) * nx)
    const last = lastInside(line)
    if (last < 0) continue
    if (bottom === 0) top = row
    bottom = row + 1
    right = Math.max(right, last + 1)
    left = Math.min(left, firstInside(line))
  }
  return { columns: [left, right], rows: [top, bottom] }
}

function firstInside(line: Uint8Array): number {
  for (let x = 0; x < line.length; x++) if (line[x] !== 0) return x
  return line.length
}

function lastInside(line: Uint8Array): number {
  for (let x = line.length - 1; x >= 0; x--) if (line[x] !== 0) return x
  return -1
}

/**
 * Convolves a slice along x, then along y, in place, inside a box beyond which it is 0; nothing is written outside.
 * The terms of a sum are added from the centre outwards.
 */
function convolve(
  plane: Float32Array,
  nx: number,
  { columns: [left, right], rows: [top, bottom] }: Box,
  across: Float64Array,
  down: Float64Array,
): void {
  const width = Math.max(0, right - left)
  const margin = across.length - 1
  const line = new Float32Array(width + 2 * margin)
  for (let y = top; y < bottom; y++) {
    line.set(plane.subarray(y * nx + left, y * nx + right), margin)
    for (let x = 0, at = y * nx + left; x < width; x++, at++) {
      const i = x + margin
      let sum = across[0] * line[i]
      for (let k = 1; k <= margin; k++) sum = sum + across[k] * line[i - k] + across[k] * line[i + k]
      plane[at] = sum
    }
  }
  const rows = Array.from({ length: bottom - top }, (_, y) =>
    plane.slice((top + y) * nx + left, (top + y) * nx + right),
  )
  const none = new Float32Array(width)
  const sums = new Float64Array(width)
  for (let y = 0; y < rows.length; y++) {
    const own = rows[y]
    for (let x = 0; x < width; x++) sums[x] = down[0] * own[x]
    for (let k = 1; k < down.length; k++) {
      const [above, below, weight] = [rows[y - k] ?? none, rows[y + k] ?? none, down[k]]
      for (let x = 0; x < width; x++) sums[x] = sums[x] + weight * above[x] + weight * below[x]
    }
    plane.set(sums, (top + y) * nx + left)
  }
}

/** Removes, in place, connected regions (6 neighbours) smaller than `smallestMl`; gives what is left, voxels. */
export function leaveOutIslands(mask: Uint8Array, geometry: Geometry, smallestMl: number): number {
  const { labels, sizes } = labelComponents(mask, geometry.size)
  const voxelMl = voxelVolume(geometry) / 1000
  let left = 0
  for (let i = 0; i < mask.length; i++) {
    if (labels[i] === 0) continue
    if (sizes[labels[i] - 1] * voxelMl < smallestMl) mask[i] = 0
    else left++
  }
  return left
}
