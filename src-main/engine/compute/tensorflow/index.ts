export { backendLabels, backendNames, type BackendName } from './backends'
export { interpolationWeights } from './gradients'
export type { TensorFlow } from './library'
export { openTensorFlow, type OpenOptions, type TensorFlowRuntime } from './runtime'
