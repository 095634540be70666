export {
  affineRas,
  cross,
  dot,
  gridDistance,
  indexSteps,
  isSheared,
  sameGrid,
  sliceNormal,
  stackSpacing,
  voxelToWorld,
  voxelVolume,
  worldToVoxel,
  type Affine,
} from './geometry'
export { maskVoxels } from './maskVoxels'
export {
  readNifti,
  readStoredNifti,
  writeNifti,
  type NiftiOptions,
  type StoredNifti,
  type StoredVoxels,
} from './nifti'
export { frameOf, type SourceIdentity, type VolumeSeries, type Voxels } from './series'
export { echoTimeOf, viewSeries, viewVoxels, type SeriesView } from './seriesView'
export { seriesIdentity } from './seriesIdentity'
