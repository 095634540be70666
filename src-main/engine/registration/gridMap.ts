import type { Geometry, Vec3 } from '@contract'
import { voxelToWorld, worldToVoxel } from '../volume'
import { apply, type Rigid } from './rigid'

/** Index in one grid of the voxels of another: index = start + i · x + j · y + k · z. */
export interface GridMap {
  start: Vec3
  x: Vec3
  y: Vec3
  z: Vec3
}

/** Where the voxels of `to` come from in the grid `from` when a motion takes points of `to` to points of `from`. */
export function gridMap(to: Geometry, motion: Rigid, from: Geometry): GridMap {
  const source = (voxel: Vec3): Vec3 => worldToVoxel(from, apply(motion, voxelToWorld(to, voxel)))
  const start = source([0, 0, 0])
  const step = (voxel: Vec3): Vec3 => {
    const end = source(voxel)
    return [end[0] - start[0], end[1] - start[1], end[2] - start[2]]
  }
  return { start, x: step([1, 0, 0]), y: step([0, 1, 0]), z: step([0, 0, 1]) }
}
