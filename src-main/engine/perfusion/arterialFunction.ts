import { gammaVariateAt, type GammaVariate } from './gammaVariate'
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
 * Tabulates the weighted mean of several sampled curves (one a slice: slices are acquired at their own times), as a
 * continuous function through all their samples. Between samples a curve follows the given gamma variate, to which a
 * natural cubic spline adds what it leaves over: at 2 or 3 s a bolus is sampled too coarsely for a spline alone.
 * Weights need not sum to one. The integral is exact to the trapezoid rule at 0.05 s: no half-sample shift.
 */
export function tabulateArterial(
  curves: readonly (SampledCurve & { weight: number })[],
  reach: ArterialReach,
  variate: GammaVariate | null = null,
): ArterialFunction {
  const first = Math.min(...curves.map(({ times }) => times[0]))
  const last = Math.max(...curves.map(({ times }) => times[times.length - 1]))
  const step = 0.05
  const start = first - Math.ceil(reach.before / step) * step
  const length = Math.ceil((last + reach.after - start) / step) + 2
  const lead = Math.round((first - start) / step)
  const at = Float64Array.from({ length }, (_, i) => start + i * step)
  const total = curves.reduce((sum, { weight }) => sum + weight, 0)
  const value = new Float64Array(length)
  for (const { times, values, weight } of curves) {
    const [known, rest] = splitOff(variate, times, values)
    const fine = interpolateSpline(times, rest, at)
    for (let i = lead; i < length; i++) value[i] += (weight / total) * (known(at[i]) + fine[i])
  }
  return { start, step, value, integral: cumulative(value, step) }
}

/** The share of a curve that the gamma variate carries (its best multiple), and the samples without it. */
function splitOff(
  variate: GammaVariate | null,
  times: ArrayLike<number>,
  values: ArrayLike<number>,
): [(t: number) => number, ArrayLike<number>] {
  if (variate === null) return [() => 0, values]
  const shape = Float64Array.from(times, (t) => gammaVariateAt(variate, t))
  let dot = 0
  let square = 0
  for (let i = 0; i < shape.length; i++) {
    dot += shape[i] * values[i]
    square += shape[i] * shape[i]
  }
  const amount = square > 0 ? dot / square : 0
  return [(t) => amount * gammaVariateAt(variate, t), shape.map((value, i) => values[i] - amount * value)]
}

/** The foot of a bolus may begin this much before its fitted onset, s. */
const FOOT = 1

/** The same function times `scale`, and nothing before the onset (s): what is there is noise of the baseline. */
export function bolusOnly(arterial: ArterialFunction, onset: number, scale: number): ArterialFunction {
  const { start, step } = arterial
  const value = arterial.value.map((level, i) => (start + i * step < onset - FOOT ? 0 : scale * level))
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

/** ∫ enhancement dt until `t` (s). */
export function integralUntil({ start, step, integral }: ArterialFunction, t: number): number {
  const position = Math.min(Math.max((t - start) / step, 0), integral.length - 1.000001)
  const index = Math.floor(position)
  return integral[index] + (position - index) * (integral[index + 1] - integral[index])
}
