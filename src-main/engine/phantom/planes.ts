import type { Geometry } from '@contract'
import { voxelToWorld } from '../volume'
import { decimal } from './grid'
import type { PhantomVoxels } from './tissue'

/** What a voxel of a phantom is the mean of: `points` × `points` across the pixel on each of `planes` planes. */
export interface Sampling {
  planes: number
  points: number
}

/** The grid of those points; point p of voxel i is i · points + p along both axes of the slices. */
export function pointGeometry(geometry: Geometry, { planes, points }: Sampling): Geometry {
  const [nx, ny, nz] = geometry.size
  const [dx, dy, dz] = geometry.spacing
  const beside = 0.5 / points - 0.5
  const [x, y, z] = voxelToWorld(geometry, [beside, beside, 0.5 / planes - 0.5])
  return {
    ...geometry,
    size: [nx * points, ny * points, nz * planes],
    spacing: [dx / points, dy / points, dz / planes],
    origin: [decimal(x), decimal(y), decimal(z)],
  }
}

/** Adds the means over pixels of one plane of points, `weight` times, to a slice of `nx` columns. */
export function addPlane(
  plane: Float32Array,
  points: number,
  nx: number,
  image: Float32Array,
  weight: number,
): void {
  const share = weight / (points * points)
  const columns = nx * points
  for (let to = 0; to < image.length; to++) {
    const corner = Math.floor(to / nx) * points * columns + (to % nx) * points
    let sum = 0
    for (let row = corner; row < corner + points * columns; row += columns) {
      for (let at = row; at < row + points; at++) sum += plane[at]
    }
    image[to] += share * sum
  }
}

/** Every voxel of `image` the mean of its points; `image` has slices of `nx` × `ny`. */
export function meanOfPoints(
  values: Float32Array,
  { planes, points }: Sampling,
  [nx, ny]: readonly number[],
  image: Float32Array,
): void {
  const length = nx * ny * points * points
  image.fill(0)
  for (let slice = 0; slice < image.length / (nx * ny); slice++) {
    const within = image.subarray(slice * nx * ny, (slice + 1) * nx * ny)
    for (let plane = slice * planes; plane < (slice + 1) * planes; plane++) {
      addPlane(values.subarray(plane * length, (plane + 1) * length), points, nx, within, 1 / planes)
    }
  }
}

/**
 * Gives the voxels of a grid the perfusion of the points within them: means of flow, volume and vessels, the delay weighted by
 * flow. Labels stay those of the middle of the voxel.
 */
export function takePerfusion(
  voxels: PhantomVoxels,
  within: PhantomVoxels,
  sampling: Sampling,
  size: readonly number[],
): void {
  for (const name of ['cbf', 'cbv', 'artery', 'vein'] as const) {
    meanOfPoints(within[name], sampling, size, voxels[name])
  }
  const arrival = within.delay.map((delay, i) => delay * within.cbf[i])
  meanOfPoints(arrival, sampling, size, voxels.delay)
  for (let i = 0; i < voxels.cbf.length; i++) {
    const known = voxels.mtt[i] > 0 && voxels.cbf[i] > 0
    if (!known) for (const name of ['cbf', 'cbv', 'delay'] as const) voxels[name][i] = 0
    voxels.mtt[i] = known ? (60 * voxels.cbv[i]) / voxels.cbf[i] : 0
    if (known) voxels.delay[i] /= voxels.cbf[i]
  }
}
