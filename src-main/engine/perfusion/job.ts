import { mapNames, type MapName, type PerfusionSettings } from '@contract'
import { sampleArterial, type ArterialFunction } from './arterialFunction'
import type { BoxLimits, TransitPrior } from './boxFit'
import { invertCirculant, plainColumn } from './circulant'
import type { DeconvolutionJob, ResidueDeconvolution } from './deconvolution'
import type { TruncatedInverse } from './inverse'
import type { VascularInputs } from './inputs'
import { invertToeplitz } from './standardSvd'
import { OSCILLATION_THRESHOLDS } from './oscillation'
import type { Averaging } from './similarityFilter'
import type { SeriesSurvey } from './surveySeries'

const DEFAULT_THRESHOLD = { ssvd: 0.2, csvd: 0.1 }
/** The oscillation index depends on the sample spacing; its customary limit belongs to about one second. */
const OSCILLATION_SPACING = 1

const FWHM_PER_SIGMA = 2 * Math.sqrt(2 * Math.log(2))
/** Reach of the averaging over similar neighbours, mm (standard deviation). */
const SIMILAR_SIGMA = 2

export const USUAL_TRANSIT: TransitPrior = { median: 4.5, perDelay: 0.6, spread: 0.6, freedom: 24 }

let jobs = 0

/** What a deconvolution must know of a series beside its inputs. */
export type CurveSource = Pick<SeriesSurvey, 'view' | 'timing' | 'spacing' | 'noise'>

/** Everything the workers need, with empty maps on shared memory. */
export function prepareDeconvolution(
  survey: CurveSource,
  inputs: Pick<VascularInputs, 'arterial' | 'arrival'>,
  mask: Uint8Array,
  settings: PerfusionSettings,
): DeconvolutionJob {
  const { timing } = survey
  const maps = Object.fromEntries(
    mapNames.map((name) => [name, new SharedArrayBuffer(4 * mask.length)]),
  ) as Record<MapName, SharedArrayBuffer>
  return {
    id: `${process.pid}-${++jobs}`,
    view: survey.view,
    mask: mask.buffer as SharedArrayBuffer,
    maps,
    method: settings.method,
    tissueFactor: tissueFactor(settings),
    arterial: shareFunction(inputs.arterial),
    arrival: inputs.arrival,
    limits: boxLimits(timing.duration),
    smoothInTime: settings.smoothInTime,
    transitPrior: settings.reduceNoise ? USUAL_TRANSIT : null,
    deconvolution:
      settings.method === 'bennink'
        ? null
        : residueDeconvolution(inputs.arterial, timing.grid, timing.step, settings),
    averaging: chooseAveraging(survey, settings),
    curveNoise: settings.reduceNoise ? survey.noise : null,
  }
}

/** A plain Gaussian where one is asked for, else similar neighbours where noise is to be reduced. */
function chooseAveraging(survey: CurveSource, settings: PerfusionSettings): Averaging | null {
  const compareBaseline = survey.view.echoTime === null
  const { smoothInPlaneMm, reduceNoise } = settings
  if (smoothInPlaneMm > 0) {
    return {
      sigma: smoothInPlaneMm / FWHM_PER_SIGMA,
      spacing: survey.spacing,
      noise: Infinity,
      compareBaseline: false,
    }
  }
  if (!reduceNoise) return null
  return { sigma: SIMILAR_SIGMA, spacing: survey.spacing, noise: survey.noise, compareBaseline }
}

/** 100·κ/ρ (ml/100 g): κ corrects for the smaller haematocrit of capillaries, ρ is the density of brain in g/ml. */
export function tissueFactor(settings: PerfusionSettings): number {
  return (100 * (1 - settings.hematocritLarge)) / (1 - settings.hematocritSmall) / settings.brainDensity
}

/** Limits of the box regression for a scan of `duration` seconds. */
export function boxLimits(duration: number): BoxLimits {
  return {
    shortestTransit: 1.2,
    longestTransit: Math.min(45, Math.max(12, 0.8 * duration)),
    earliestDelay: -4,
    latestDelay: Math.min(20, 0.4 * duration),
  }
}

/** The truncated inverse of an SVD method for an arterial input on a uniform grid. */
export function residueDeconvolution(
  arterial: ArterialFunction,
  grid: Float64Array,
  step: number,
  settings: Pick<PerfusionSettings, 'method' | 'svdThreshold' | 'oscillationLimit'>,
): ResidueDeconvolution {
  const aif = sampleArterial(arterial, grid)
  const n = grid.length
  const { method, svdThreshold, oscillationLimit } = settings
  if (method === 'ssvd') {
    const inverse = invertToeplitz(aif, step, svdThreshold ?? DEFAULT_THRESHOLD.ssvd)
    return { grid, inverse: shareInverse(inverse), judged: null, oscillationLimit }
  }
  const column = plainColumn(aif, 2 * n)
  if (method === 'csvd') {
    const inverse = invertCirculant(column, n, step, svdThreshold ?? DEFAULT_THRESHOLD.csvd)
    return { grid, inverse: shareInverse(inverse), judged: null, oscillationLimit }
  }
  const lowest = OSCILLATION_THRESHOLDS[0]
  return {
    grid,
    inverse: shareInverse(invertCirculant(column, n, step, lowest)),
    judged: shareInverse(invertCirculant(column, n, step, lowest, OSCILLATION_SPACING)),
    oscillationLimit,
  }
}

function shared(values: Float64Array): Float64Array {
  const copy = new Float64Array(new SharedArrayBuffer(values.byteLength))
  copy.set(values)
  return copy
}

function shareFunction(arterial: ArterialFunction): ArterialFunction {
  return { ...arterial, value: shared(arterial.value), integral: shared(arterial.integral) }
}

function shareInverse(inverse: TruncatedInverse): TruncatedInverse {
  const { input, output, fitted } = inverse
  return { ...inverse, input: shared(input), output: shared(output), fitted: shared(fitted) }
}
