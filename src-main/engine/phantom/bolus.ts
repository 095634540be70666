import { individualSchema, type Individual } from './individual'

/**
 * Concentration of contrast in a vessel over time, as enhancement in HU: a function of seconds from the first frame,
 * with its integral, on a grid so fine that nothing measured at a scanner's interval can tell it from the exact one.
 */
export interface Bolus {
  /** When the first contrast arrives, s from the first frame. */
  arrival: number
  /** Seconds between samples; the first sample is at 0 s. */
  step: number
  /** Enhancement, HU, [sample]. */
  curve: Float64Array
  /** Integral of `curve` from 0, HU·s, [sample]. */
  area: Float64Array
  /** Integral of `area` from 0, HU·s², [sample]. */
  areaIntegral: Float64Array
}

/** A · ((t − t0)/tmax)^α · exp(α(1 − (t − t0)/tmax)), tmax = αβ: a gamma variate by its height (Madsen 1992). */
export interface GammaVariate {
  arrival: number
  peak: number
  alpha: number
  beta: number
}

export const BOLUS_STEP = 0.02

export type BolusShape = Individual['bolus']
const standardBolus: BolusShape = individualSchema.parse({}).bolus

export function gammaVariate({ arrival, peak, alpha, beta }: GammaVariate, t: number): number {
  if (t <= arrival) return 0
  const relative = (t - arrival) / (alpha * beta)
  return peak * Math.exp(alpha * (Math.log(relative) + 1 - relative))
}

/** Area under a gamma variate with whole α: peak · (e/α)^α · β · α!, HU·s. */
export function gammaVariateArea({ peak, alpha, beta }: GammaVariate): number {
  let factorial = 1
  for (let i = 2; i <= alpha; i++) factorial *= i
  return peak * (Math.E / alpha) ** alpha * beta * factorial
}

/** Tabulates a vascular curve from 0 to `duration` seconds, with integrals by Simpson's rule. */
export function tabulateBolus(curve: (t: number) => number, arrival: number, duration: number): Bolus {
  const samples = Math.ceil(duration / BOLUS_STEP) + 1
  const at = Float64Array.from({ length: samples }, (_, i) => curve(i * BOLUS_STEP))
  const between = Float64Array.from({ length: samples - 1 }, (_, i) => curve((i + 0.5) * BOLUS_STEP))
  return withIntegrals(at, between, arrival)
}

function withIntegrals(curve: Float64Array, between: Float64Array, arrival: number): Bolus {
  const area = new Float64Array(curve.length)
  const areaIntegral = new Float64Array(curve.length)
  for (let i = 1; i < curve.length; i++) {
    const [left, middle, right] = [curve[i - 1], between[i - 1], curve[i]]
    area[i] = area[i - 1] + (BOLUS_STEP / 6) * (left + 4 * middle + right)
    // ∫∫ over the cell of the parabola through the three points.
    areaIntegral[i] =
      areaIntegral[i - 1] + BOLUS_STEP * area[i - 1] + (BOLUS_STEP ** 2 / 6) * (left + 2 * middle)
  }
  return { arrival, step: BOLUS_STEP, curve, area, areaIntegral }
}

/**
 * The curve downstream of another: delayed, and dispersed by an exponential transit of mean `dispersion` seconds. Its
 * area is the same; the convolution is exact for the piecewise linear curve.
 */
export function downstream(upstream: Bolus, delay: number, dispersion: number): Bolus {
  const { step, curve } = upstream
  const shifted = (i: number): number => sampleAt(curve, step, i * step - delay)
  const decay = Math.exp(-step / dispersion)
  const ramp = 1 - (dispersion / step) * (1 - decay)
  const dispersed = new Float64Array(curve.length)
  for (let i = 1; i < curve.length; i++) {
    const [from, to] = [shifted(i - 1), shifted(i)]
    dispersed[i] = dispersed[i - 1] * decay + from * (1 - decay) + (to - from) * ramp
  }
  const between = Float64Array.from(
    { length: curve.length - 1 },
    (_, i) => (dispersed[i] + dispersed[i + 1]) / 2,
  )
  return withIntegrals(dispersed, between, upstream.arrival + delay)
}

/** Linear interpolation of a table whose first sample is at 0: 0 before it, the last value after its end. */
export function sampleAt(table: Float64Array | Float32Array, step: number, t: number): number {
  const position = t / step
  if (position <= 0) return position === 0 ? table[0] : 0
  const index = Math.floor(position)
  if (index >= table.length - 1) return table[table.length - 1]
  return table[index] + (table[index + 1] - table[index]) * (position - index)
}

/**
 * The head's artery: a first pass of (in the standard head) 400 HU at its peak 4.5 s after arrival, and a recirculation
 * of 7 % that comes 11 s later and three times as broad.
 */
export function headArterialInput(duration: number, shape: BolusShape = standardBolus): Bolus {
  const { arrival, peak, alpha, beta, recirculation } = shape
  const first: GammaVariate = { arrival, peak, alpha, beta }
  const second: GammaVariate = {
    arrival: arrival + 11,
    peak: recirculation * peak,
    alpha,
    beta: 3 * beta,
  }
  return tabulateBolus((t) => gammaVariate(first, t) + gammaVariate(second, t), first.arrival, duration)
}

/** The artery of the Kudo phantom after its scaling to the venous curve: t0 12 s, α 3, β 1.5 s, 463 HU. */
export function kudoArterialInput(duration: number): Bolus {
  const first: GammaVariate = { arrival: 12, peak: 463, alpha: 3, beta: 1.5 }
  return tabulateBolus((t) => gammaVariate(first, t), first.arrival, duration)
}

/** The great veins: the arterial curve 4.5 s later, dispersed by 2 s; its peak comes about 6 s after the artery's. */
export function venousOutput(arterial: Bolus, shape: BolusShape = standardBolus): Bolus {
  return downstream(arterial, shape.venousDelay, shape.venousDispersion)
}
