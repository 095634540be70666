export {
  AIR,
  BONE,
  SEARCH,
  growBrain,
  keepBrain,
  otsuThreshold,
  outlineBrain,
  type BrainSearch,
} from './brain'
export { headMasks, vesselEnhancement, FLUID_HU, type HeadMasks } from './headMasks'
export { gridMidPlane } from './gridMidPlane'
export { findMidline, mirroredVoxels, sidesOf, LEFT, RIGHT, type Midline } from './midline'
export { boxMean, labelComponents, meanWithin, type Grid } from './morphology'
export { leaveOutIslands, smootherWithin, smoothWithin } from './smoothWithin'
export { structureLabels } from './structures'
