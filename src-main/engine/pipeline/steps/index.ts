import type { ComputedStep, Step } from '../step'
import { deconvolveStep } from './deconvolve'
import { inputsStep } from './inputs'
import { predictStep } from './predict'

/** Every step that computes. */
export const steps: { [N in ComputedStep]: Step<N> } = {
  inputs: inputsStep,
  deconvolve: deconvolveStep,
  predict: predictStep,
}

/**
 * In which order they are done. The network sees the series before it is filtered: it comes before the filter, so that
 * one 4-D series is held at a time.
 */
export const workingOrder: readonly ComputedStep[] = ['predict', 'inputs', 'deconvolve']
