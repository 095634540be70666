export { blandAltman, type BlandAltman } from './blandAltman'
export { bootstrap, type BootstrapIntervals, type BootstrapOptions } from './bootstrap'
export { linConcordance, pearson, type Concordance, type Correlation } from './correlation'
export { cohenKappa, fleissKappa } from './kappa'
export { compareMaps, jointHistogram, type MapPair } from './mapAgreement'
export { countVoxels, overlapOf, type Overlap, type VoxelCounts } from './overlap'
export { holm, mannWhitney, wilcoxonSignedRank, type RankTest } from './ranks'
export { intraclassCorrelation, type IntraclassCorrelation, type Reliability } from './reliability'
export { summarise, type Interval, type SampleSummary } from './sample'
export { casesForIcc, casesForMean } from './sampleSize'
export { staple, type Staple } from './staple'
export {
  shapeOf,
  surfaceDistances,
  surfaceOf,
  type Box,
  type Shape,
  type SurfaceDistances,
} from './surfaceDistance'
