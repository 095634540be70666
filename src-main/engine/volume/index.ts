export {
  affineRas,
  cross,
  dot,
  indexSteps,
  isSheared,
  sliceNormal,
  stackSpacing,
  voxelToWorld,
  voxelVolume,
  worldToVoxel,
  type Affine,
} from './geometry'
export { gridDistance, maskVoxels } from './maskVoxels'
export { readNifti, writeNifti, type NiftiOptions } from './nifti'
export { frameOf, type SourceIdentity, type VolumeSeries, type Voxels } from './series'
