export { bilateralFilter } from './bilateral'
export { foldNetwork } from './foldedNetwork'
export { inputSpecSchema, outputSpecSchema, usualScales, type InputSpec, type OutputSpec } from './modelSpec'
export { lineWeights, resampleImage, resampledCount, type LineWeights } from './planeGrid'
export { prepareSeries, refuseNotNumbers, type PreparedSeries } from './prepareSeries'
export {
  architectureNames,
  buildNetwork,
  networkSchema,
  networkSource,
  networkStride,
  otherNetworkSchema,
  type NetworkChoice,
  type OtherNetwork,
} from './registry'
export type { NetworkShape } from './perfusionUnet'
export type {
  Layer,
  LayersModel,
  NamedTensorMap,
  Optimizer,
  SymbolicTensor,
  Tensor,
  Tensor4D,
  TensorFlow,
} from './tensorflow'
export { networkFrom, outlineOf, partsOf, type NetworkOutline, type NetworkParts } from './artifacts'
export { carriedLearner } from './learner/carriedLearner'
export { learnerHandlers } from './learner/learnerHandlers'
export { localLearner, maskedLoss } from './learner/localLearner'
export { createOptimiser, optimiserSchema } from './learner/optimiser'
export type {
  Batch,
  Images,
  Learner,
  LearnerSpec,
  LearnerState,
  OpenLearner,
  StoredTensor,
} from './learner/learner'
export { networkHandlers } from './networkHandlers'
export { inferJob, openNetworkJob } from './networkJobs'
export {
  checkNetwork,
  foreignModel,
  loadModel,
  modelSpecSchema,
  readModel,
  readModelSpec,
  writeModel,
  type ModelSpec,
  type PerfusionModel,
} from './modelFile'
