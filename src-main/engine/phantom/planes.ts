import type { Geometry } from '@contract'
import { voxelToWorld } from '../volume'
import { decimal } from './grid'
import type { PhantomVoxels } from './tissue'

/** The grid with `planes` thinner slices in each slice; plane p of slice k is its slice k · planes + p. */
export function planeGeometry(geometry: Geometry, planes: number): Geometry {
  const [nx, ny, nz] = geometry.size
  const [dx, dy, dz] = geometry.spacing
  const [x, y, z] = voxelToWorld(geometry, [0, 0, 0.5 / planes - 0.5])
  return {
    ...geometry,
    size: [nx, ny, nz * planes],
    spacing: [dx, dy, dz / planes],
    origin: [decimal(x), decimal(y), decimal(z)],
  }
}

/** Each slice of `image` the mean of its planes, [voxel] of the grid that the planes divide. */
export function meanOfPlanes(
  planesOfImage: Float32Array,
  planes: number,
  sliceLength: number,
  image: Float32Array,
): void {
  for (let from = 0, to = 0; to < image.length; from += planes * sliceLength, to += sliceLength) {
    for (let i = 0; i < sliceLength; i++) {
      let sum = 0
      for (let plane = 0; plane < planes; plane++) sum += planesOfImage[from + plane * sliceLength + i]
      image[to + i] = sum / planes
    }
  }
}

/**
 * Gives the voxels of a grid the perfusion of the planes within them: means of flow, volume and vessels, the delay weighted by
 * flow. Labels stay those of the middle of the slice.
 */
export function takePerfusion(
  voxels: PhantomVoxels,
  within: PhantomVoxels,
  planes: number,
  sliceLength: number,
): void {
  for (const name of ['cbf', 'cbv', 'artery', 'vein'] as const) {
    meanOfPlanes(within[name], planes, sliceLength, voxels[name])
  }
  const arrival = within.delay.map((delay, i) => delay * within.cbf[i])
  meanOfPlanes(arrival, planes, sliceLength, voxels.delay)
  for (let i = 0; i < voxels.cbf.length; i++) {
    const known = voxels.mtt[i] > 0 && voxels.cbf[i] > 0
    if (!known) for (const name of ['cbf', 'cbv', 'delay'] as const) voxels[name][i] = 0
    voxels.mtt[i] = known ? (60 * voxels.cbv[i]) / voxels.cbf[i] : 0
    if (known) voxels.delay[i] /= voxels.cbf[i]
  }
}
