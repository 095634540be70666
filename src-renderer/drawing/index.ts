export { brushSegment, type BrushStroke, type Point } from './brush'
export { combinations, combined, type Combination } from './combine'
export { squaredDistance, withMargin } from './distance'
export { Drawing, type Change } from './drawing'
export { KeptSteps } from './keptSteps'
export { Labelmap, unionOfBoxes, voxelMillilitres, type Box } from './labelmap'
export { liveWire, type LiveWire, type WirePicture } from './livewire'
export { edgeRuns } from './outline'
export { polygonMask } from './polygon'
export { components, connectedRegion, withHolesFilled, withoutIslands, type Reach } from './regions'
export { History, bytesOf, changedRuns, type ChangedRuns } from './runs'
export { smoothed } from './smooth'
export {
  middleColumn,
  mirroredMask,
  mirroredPoint,
  mirroredValues,
  mirrorSlice,
  sideMeans,
  type SideMeans,
} from './symmetry'
export { UnsavedSlices, type LayerSlice } from './unsaved'
