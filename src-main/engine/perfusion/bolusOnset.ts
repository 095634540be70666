import { levenbergMarquardt } from 'ml-levenberg-marquardt'

/** Below this share of the peak the downslope is recirculation as much as first pass. */
const FIRST_PASS = 0.4
/** Baseline shown to the fit before the upslope, s. */
const LEAD = 6

/**
 * Arrival of the bolus in a vessel (s): the onset t0 of the gamma variate P·x^α·e^(α(1−x)), x = (t − t0)/(tm − t0)
 * (Madsen, Phys Med Biol 1992;37:1597), fitted to the first pass of a sampled curve. The foot of a bolus is too flat to
 * be seen over noise; the onset of its gamma variate is not. Where the fit fails, the tangent of the steepest upslope
 * meets the baseline there.
 */
export function bolusOnset(times: ArrayLike<number>, values: ArrayLike<number>): number {
  let top = 0
  for (let i = 1; i < values.length; i++) if (values[i] > values[top]) top = i
  const peak = values[top]
  const tangent = tangentOnset(times, values, top)
  if (!(peak > 0) || top < 2) return tangent
  let end = top
  while (end + 1 < values.length && values[end + 1] > FIRST_PASS * peak) end++
  const x: number[] = []
  const y: number[] = []
  for (let i = 0; i <= end; i++) {
    if (times[i] < tangent - LEAD) continue
    x.push(times[i] - tangent)
    y.push(values[i] / peak)
  }
  if (x.length < 5) return tangent
  const fit = levenbergMarquardt({ x, y }, gammaVariate, {
    initialValues: [-0.5, times[top] - tangent, 3, 1],
    minValues: [-4, 0.5, 1.2, 0.5],
    maxValues: [1.5, 40, 8, 2],
    damping: 0.01,
    gradientDifference: 1e-4,
    maxIterations: 200,
    errorTolerance: 1e-9,
  })
  const onset = tangent + fit.parameterValues[0]
  return Number.isFinite(onset) && fit.parameterError < 0.01 * x.length ? Math.max(onset, times[0]) : tangent
}

function gammaVariate([start, top, alpha, height]: number[]): (t: number) => number {
  return (t) => {
    const x = (t - start) / Math.max(top - start, 1e-3)
    return x <= 0 ? 0 : height * Math.exp(alpha * (Math.log(x) + 1 - x))
  }
}

function tangentOnset(times: ArrayLike<number>, values: ArrayLike<number>, top: number): number {
  let slope = 0
  let onset = times[0]
  for (let i = 1; i <= top; i++) {
    const rise = (values[i] - values[i - 1]) / (times[i] - times[i - 1])
    if (rise > slope) {
      slope = rise
      onset = times[i - 1] - values[i - 1] / rise
    }
  }
  return Math.max(onset, times[0])
}
