export { interpolationWeights } from './gradients'
export type { TensorFlow } from './library'
export { defineJob, type JobDefinition, type ProcessRuntime } from './process/protocol'
export { serveBesideWindow, serveTensorFlow, type WindowRuntime } from './process/serve'
export { handleJob, type JobContext, type JobHandler, type ServedRuntime } from './process/serveJobs'
export {
  startTensorFlowProcess,
  type JobWatch,
  type ProcessOptions,
  type TensorFlowProcess,
} from './process/start'
export { describeRuntime, openTensorFlow, type OpenOptions, type TensorFlowRuntime } from './runtime'
export { surveyBackends, type SurveyOptions } from './survey'
export type { BackendName, BackendReport } from '@contract'
