import type { ComputedStep, SeriesStep, SeriesStepName, Step } from '../step'
import { deconvolveStep } from './deconvolve'
import { filterStep } from './filter'
import { inputsStep } from './inputs'
import { motionStep } from './motion'
import { predictStep } from './predict'
import { qualityStep } from './quality'
import { tissueAtRiskStep } from './tissueAtRisk'

/** Every step that computes. */
export const steps: { [N in ComputedStep]: Step<N> } = {
  inputs: inputsStep,
  deconvolve: deconvolveStep,
  predict: predictStep,
  tissueAtRisk: tissueAtRiskStep,
  quality: qualityStep,
}

/** Every step that makes another series. */
export const seriesSteps: Record<SeriesStepName, SeriesStep> = {
  motion: motionStep,
  filter: filterStep,
}

/**
 * In which order they are done. The network sees the series before it is filtered (it filters by itself): it comes before
 * the filter, so that one 4-D series is held at a time.
 */
export const workingOrder: readonly (ComputedStep | SeriesStepName)[] = [
  'motion',
  'predict',
  'filter',
  'inputs',
  'deconvolve',
  'tissueAtRisk',
  'quality',
]
