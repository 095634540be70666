export { openDataset, type CachedStudy, type DatasetCache } from './cache'
export { cohortPhantom, cohortSchema, cohortStudy, type CohortChoice, type LabelledStudy } from './cohort'
export { trainingConfig, trainingConfigSchema, type TrainingConfig } from './config'
export { buildDataset } from './dataset'
export { readExample, type Example } from './example'
export { cohortRangesSchema, heldOutRanges, type CohortRanges } from './ranges'
export { trainingPresets } from './presets'
export { newRunId, openRunFolder, type RunFolder } from './runs'
export {
  surveyCases,
  type CaseFile,
  type CaseFiles,
  type ReadingStudyChoice,
  type SettledChoice,
} from './storedCases'
export { trainNetwork, type TrainingRequest, type TrainingResult } from './train'
export { handleTraining, trainJob } from './trainJob'
