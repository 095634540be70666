import { UmbraError, type Geometry, type Vec3 } from '@contract'
import { sameGrid } from './geometry'
import { readNifti } from './nifti'

/**
 * The voxels (x, y, z counted from 0) above 0.5 of a NIfTI mask that lies on a grid. Throws `nifti-unreadable`,
 * `wrong-grid` where its size or place differs (by more than a tenth of a voxel), `empty-mask` where nothing is marked.
 */
export async function maskVoxels(path: string, grid: Geometry): Promise<Vec3[]> {
  const { geometry, voxels } = await readNifti(path)
  const [nx, ny, nz] = grid.size
  if (!sameGrid(geometry, grid)) {
    throw new UmbraError({
      code: 'wrong-grid',
      message: `The mask (${geometry.size.join(' × ')}) does not lie on the grid of the series (${grid.size.join(' × ')}).`,
      hint: 'Draw the mask on one of the NIfTI maps that Umbra writes, or resample it to them.',
      where: path,
    })
  }
  const marked: Vec3[] = []
  for (let i = 0; i < nx * ny * nz; i++) {
    if (voxels[i] > 0.5) marked.push([i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))])
  }
  if (marked.length === 0) {
    throw new UmbraError({
      code: 'empty-mask',
      message: 'No voxel is marked in the mask.',
      hint: 'Mark voxels with values above 0.5.',
      where: path,
    })
  }
  return marked
}
