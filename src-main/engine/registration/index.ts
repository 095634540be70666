export { alignSeries, resampleOnto, type SeriesAlignment } from './acrossSeries'
export { applyMotion } from './applyMotion'
export { correctMotion, motionReport, withMotionCorrected, type MotionCorrection } from './correctMotion'
export { resampleSlices } from './resample'
