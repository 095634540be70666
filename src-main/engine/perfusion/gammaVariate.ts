import { levenbergMarquardt } from 'ml-levenberg-marquardt'

/**
 * A first pass of contrast: height·x^alpha·e^(alpha(1−x)), x = (t − start)/(top − start), 0 before the start (Madsen,
 * Phys Med Biol 1992;37:1597). Times in seconds.
 */
export interface GammaVariate {
  start: number
  top: number
  alpha: number
  height: number
}

export function gammaVariateAt({ start, top, alpha, height }: GammaVariate, t: number): number {
  const x = (t - start) / (top - start)
  return x <= 0 ? 0 : height * Math.exp(alpha * (Math.log(x) + 1 - x))
}

/** Below this share of the peak the downslope is recirculation as much as first pass. */
const FIRST_PASS = 0.4
/** Baseline shown to the fit before the upslope, s. */
const LEAD = 6
/** Mean squared misfit, as a share of the squared peak, above which the curve is no gamma variate. */
const WORST_FIT = 0.01

/**
 * The gamma variate fitted to the first pass of a sampled vascular curve, from its baseline to where it has fallen to
 * 40 % of its peak; null where there are too few samples or none fits.
 */
export function fitGammaVariate(times: ArrayLike<number>, values: ArrayLike<number>): GammaVariate | null {
  const highest = highestSample(values)
  const peak = values[highest]
  if (!(peak > 0) || highest < 2) return null
  const origin = tangentOnset(times, values)
  let end = highest
  while (end + 1 < values.length && values[end + 1] > FIRST_PASS * peak) end++
  const x: number[] = []
  const y: number[] = []
  for (let i = 0; i <= end; i++) {
    if (times[i] < origin - LEAD) continue
    x.push(times[i] - origin)
    y.push(values[i] / peak)
  }
  if (x.length < 5) return null
  const model = ([start, rise, alpha, height]: number[]): ((t: number) => number) => {
    const variate = { start, top: start + rise, alpha, height }
    return (t) => gammaVariateAt(variate, t)
  }
  const fit = levenbergMarquardt({ x, y }, model, {
    initialValues: [-0.5, times[highest] - origin + 0.5, 3, 1],
    minValues: [-4, 0.5, 1.2, 0.5],
    maxValues: [1.5, 40, 8, 2],
    damping: 0.01,
    gradientDifference: 1e-5,
    maxIterations: 300,
    errorTolerance: 1e-12,
  })
  const [start, rise, alpha, height] = fit.parameterValues
  if (!fit.parameterValues.every(Number.isFinite) || fit.parameterError > WORST_FIT * x.length) return null
  return { start: origin + start, top: origin + start + rise, alpha, height: height * peak }
}

/**
 * Arrival of the bolus in a vessel (s): the start of its gamma variate, since the foot of a bolus is too flat to be
 * seen over noise; without one, where the tangent of the steepest upslope meets the baseline.
 */
export function bolusOnset(
  times: ArrayLike<number>,
  values: ArrayLike<number>,
  variate: GammaVariate | null,
): number {
  return Math.max(variate?.start ?? tangentOnset(times, values), times[0])
}

function tangentOnset(times: ArrayLike<number>, values: ArrayLike<number>): number {
  let slope = 0
  let onset = times[0]
  const highest = highestSample(values)
  for (let i = 1; i <= highest; i++) {
    const rise = (values[i] - values[i - 1]) / (times[i] - times[i - 1])
    if (rise > slope) {
      slope = rise
      onset = times[i - 1] - values[i - 1] / rise
    }
  }
  return onset
}

function highestSample(values: ArrayLike<number>): number {
  let highest = 0
  for (let i = 1; i < values.length; i++) if (values[i] > values[highest]) highest = i
  return highest
}
