import type { Geometry, Vec3 } from '@contract'
import { voxelVolume } from '../volume'
import { labelComponents } from './morphology'

const FULL_WIDTH = 2 * Math.sqrt(2 * Math.log(2))

/**
 * A map smoothed in its slice planes by a Gaussian of `fullWidthMm` at half maximum, over the voxels of the mask only
 * (normalised convolution, Knutsson & Westin 1993): fluid, vessels and air do not bleed into tissue. Both [voxel];
 * 0 outside the mask. A width of 0 gives a copy. Values that mean nothing, where `known` is 0, take no part; such a voxel
 * gets the mean of the known ones around it, and 0 where there are none.
 */
export function smoothWithin(
  map: Float32Array,
  mask: Uint8Array,
  { size, spacing }: Pick<Geometry, 'size' | 'spacing'>,
  fullWidthMm: number,
  known: Uint8Array = mask,
): Float32Array {
  const sigma = fullWidthMm / FULL_WIDTH
  const across = kernel(sigma / spacing[0])
  const down = kernel(sigma / spacing[1])
  const result = new Float32Array(map.length)
  const area = size[0] * size[1]
  const [sum, weight] = [new Float32Array(area), new Float32Array(area)]
  for (let z = 0; z < size[2]; z++) {
    const from = z * area
    for (let i = 0; i < area; i++) {
      weight[i] = mask[from + i] === 0 || known[from + i] === 0 ? 0 : 1
      sum[i] = weight[i] * map[from + i]
    }
    for (const plane of [sum, weight]) {
      convolve(plane, size, across, 1)
      convolve(plane, size, down, size[0])
    }
    for (let i = 0; i < area; i++) {
      if (mask[from + i] !== 0 && weight[i] > 0) result[from + i] = sum[i] / weight[i]
    }
  }
  return result
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

/** Convolves a slice along x (stride 1) or y (stride nx), in place; what lies beyond the edge is 0. */
function convolve(plane: Float32Array, [nx, ny]: Vec3, half: Float64Array, stride: number): void {
  const along = stride === 1 ? nx : ny
  const lines = stride === 1 ? ny : nx
  const line = new Float32Array(along)
  for (let n = 0; n < lines; n++) {
    const start = stride === 1 ? n * nx : n
    for (let i = 0; i < along; i++) line[i] = plane[start + i * stride]
    for (let i = 0; i < along; i++) {
      let sum = half[0] * line[i]
      for (let k = 1; k < half.length; k++) {
        if (i >= k) sum += half[k] * line[i - k]
        if (i + k < along) sum += half[k] * line[i + k]
      }
      plane[start + i * stride] = sum
    }
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
