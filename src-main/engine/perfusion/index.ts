export { computePerfusion, type PerfusionMaps } from './compute'
export { mapDefinitions, type MapDefinition } from './definitions'
export { projectOverTime } from './projection'
export { sampleCurve } from './sampleCurve'
