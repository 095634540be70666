export {
  computePerfusion,
  deconvolve,
  prepareInputs,
  type PerfusionMaps,
  type PreparedInputs,
} from './compute'
export { mapDefinitions, type MapDefinition } from './definitions'
export { projectOverTime } from './projection'
export { sampleCurve } from './sampleCurve'
export { surveyContrast, type ContrastSurvey } from './contrastSurvey'
export { seriesShifts } from './headShift'
export { shownFlow, USUAL_BRAIN_TRANSIT, type IdealTissue, type ShownFlow } from './shownFlow'
