import { interpolateSpline } from './spline'

/**
 * The arterial input as a continuous function, tabulated finely so that a model curve costs two look-ups a sample.
 * Index i stands for the time start + i·step (seconds). Before the first sample the artery holds no contrast; after
 * the last it keeps its final level, which negative delays need.
 */
export interface ArterialFunction {
  start: number
  step: number
  /** Enhancement (HU or relative concentration). */
  value: Float64Array
  /** ∫ value dt from the start of the table. */
  integral: Float64Array
}

/** A sampled curve: seconds and enhancement, of equal length. */
export interface SampledCurve {
  times: ArrayLike<number>
  values: ArrayLike<number>
}

/** Longest transit plus delay a table serves, and the earliest tissue it serves, in seconds. */
export interface ArterialReach {
  before: number
  after: number
}

/** Delays up to 20 s with transits up to 50 s, and tissue up to 10 s ahead of the artery. */
export const ARTERIAL_REACH: ArterialReach = { before: 70, after: 10 }

/**
 * Tabulates the weighted mean of the natural cubic splines through several sampled curves (one a slice: slices are
 * acquired at their own times), times `scale`. Weights need not sum to one. The integral is that of the spline to the
 * accuracy of the trapezoid rule at a step of at most 0.05 s: no half-sample shift, at any sampling interval.
 */
export function tabulateArterial(
  curves: readonly (SampledCurve & { weight: number })[],
  reach: ArterialReach,
  scale = 1,
): ArterialFunction {
  const first = Math.min(...curves.map(({ times }) => times[0]))
  const last = Math.max(...curves.map(({ times }) => times[times.length - 1]))
  const step = 0.05
  const start = first - Math.ceil(reach.before / step) * step
  const length = Math.ceil((last + reach.after - start) / step) + 2
  const lead = Math.round((first - start) / step)
  const at = Float64Array.from({ length }, (_, i) => start + i * step)
  const value = new Float64Array(length)
  let weights = 0
  for (const { times, values, weight } of curves) {
    const fine = interpolateSpline(times, values, at)
    for (let i = lead; i < length; i++) value[i] += weight * fine[i]
    weights += weight
  }
  for (let i = 0; i < length; i++) value[i] *= scale / weights
  return { start, step, value, integral: cumulative(value, step) }
}

/** The same function times `scale`, and nothing before `arrival` (s): what is there is noise of the baseline. */
export function bolusOnly(arterial: ArterialFunction, arrival: number, scale: number): ArterialFunction {
  const { start, step } = arterial
  const value = arterial.value.map((level, i) => (start + i * step < arrival ? 0 : scale * level))
  return { start, step, value, integral: cumulative(value, step) }
}

function cumulative(value: Float64Array, step: number): Float64Array {
  const integral = new Float64Array(value.length)
  for (let i = 1; i < value.length; i++) {
    integral[i] = integral[i - 1] + 0.5 * step * (value[i - 1] + value[i])
  }
  return integral
}

/** Values of a tabulated function at `times` (linear between the fine steps). */
export function sampleArterial(arterial: ArterialFunction, times: ArrayLike<number>): Float64Array {
  const { start, step, value } = arterial
  return Float64Array.from(times, (t) => {
    const position = Math.min(Math.max((t - start) / step, 0), value.length - 1.000001)
    const index = Math.floor(position)
    return value[index] + (position - index) * (value[index + 1] - value[index])
  })
}
