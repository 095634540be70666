export { makePhantom, type Phantom } from './phantom'
export {
  phantomKinds,
  phantomOptions,
  phantomOptionsSchema,
  phantomVendors,
  residueShapes,
  scannerSampling,
  territories,
  type PhantomOptions,
  type PhantomRequest,
} from './options'
export { frameRenderer, type FrameRenderer } from './render'
export { demoCases, demoOptions, writePhantomStudy, type StudyWriteOptions } from './study'
export { lesionVolumes, phantomTruth, truthDefinitions, truthSummary, type PhantomTruth } from './truth'
export { individualSchema, type Individual } from './individual'
export { mixSeeds, normalQuantiles, randomStream, uniform, type RandomStream } from '../compute/random'
export { lesionLabels, tissueLabels } from './tissue'
export { phantomSeries } from './series'
