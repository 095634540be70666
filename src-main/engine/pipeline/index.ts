export { ARTEFACTS_BYTES, openArtefactStore, type ArtefactStore } from './artefacts'
export { choosePerfusionSeries, describeSeries, type ChosenSeries } from './chooseSeries'
export {
  cohortCsv,
  cohortMarkdown,
  distinctNames,
  isOneStudy,
  namedStudies,
  runCohort,
  runStudy,
  studiesIn,
  type StudyOutcome,
  type StudyTask,
} from './cohort'
export { readRun, RUN_FILE, timingsOf, warningsOf } from './export'
export { openQueue, refuseInside, type QueuedStudy, type StudyQueue } from './queue'
export { runPipeline, type PipelineOutcome, type PipelineRequest } from './runPipeline'
export { changedSettings, parseChange, type SettingChange } from './settings'
export { createSettledStudies } from './settledStudies'
export { filesSource, seriesSource, type PipelineSource, type Recognised } from './source'
