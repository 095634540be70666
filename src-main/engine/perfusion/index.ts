export { computePerfusion, type PerfusionMaps } from './compute'
export { mapDefinitions, type MapDefinition } from './definitions'
