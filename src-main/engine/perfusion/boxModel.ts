import type { ArterialFunction } from './arterialFunction'

/** Buffers and look-up tables of one box model: the last evaluated shape and its two derivatives, [sample]. */
export interface BoxModel {
  readonly times: Float64Array
  /** Samples that are modelled; those after are 0. */
  readonly count: number
  readonly start: number
  readonly perStep: number
  /** integral, value interleaved: one cache line serves both. */
  readonly pairs: Float64Array
  readonly smooth: boolean
  readonly shape: Float64Array
  readonly byDelay: Float64Array
  readonly byTransit: Float64Array
}

/**
 * A model of box residues on samples at `times` (seconds), [¼ ½ ¼]-smoothed like the data when `smooth`. On an even grid
 * the smoothing is put into the table beforehand, where it costs nothing; the last sample, whose right neighbour is
 * missing, is then left out.
 */
export function createBoxModel(
  arterial: ArterialFunction,
  times: ArrayLike<number>,
  smooth: boolean,
): BoxModel {
  const n = times.length
  const interval = evenInterval(times)
  const beforehand = smooth && interval !== null
  const shift = beforehand ? Math.round(interval / arterial.step) : 0
  const length = arterial.value.length
  const pairs = new Float64Array(2 * length)
  const last = length - 1
  const smoothed = (table: Float64Array, i: number): number =>
    0.25 * (table[Math.max(i - shift, 0)] + table[Math.min(i + shift, last)]) + 0.5 * table[i]
  for (let i = 0; i < length; i++) {
    pairs[2 * i] = beforehand ? smoothed(arterial.integral, i) : arterial.integral[i]
    pairs[2 * i + 1] = beforehand ? smoothed(arterial.value, i) : arterial.value[i]
  }
  return {
    times: Float64Array.from(times),
    count: beforehand ? n - 1 : n,
    start: arterial.start,
    perStep: 1 / arterial.step,
    pairs,
    smooth: smooth && !beforehand,
    shape: new Float64Array(n),
    byDelay: new Float64Array(n),
    byTransit: new Float64Array(n),
  }
}

/** The interval of evenly spaced times, or null. */
function evenInterval(times: ArrayLike<number>): number | null {
  const interval = (times[times.length - 1] - times[0]) / (times.length - 1)
  for (let i = 1; i < times.length; i++) {
    if (Math.abs(times[i] - times[i - 1] - interval) > 1e-3) return null
  }
  return interval
}

/**
 * Writes A(t−d) − A(t−d−MTT) and its derivatives by d and by MTT into the model's buffers. `delay` and `transit` in
 * seconds; multiply by the flow (1/s) for enhancement. Both must stay within the reach the table was made for. Samples
 * before `from` are left as they are: no bolus reaches them.
 */
export function boxModel(model: BoxModel, delay: number, transit: number, from = 0): void {
  const { times, count, start, perStep, pairs, smooth, shape, byDelay, byTransit } = model
  const width = transit * perStep
  const origin = start + delay
  for (let i = from; i < count; i++) {
    const late = (times[i] - origin) * perStep
    const early = late - width
    const lateIndex = late | 0
    const earlyIndex = early | 0
    const p = lateIndex << 1
    const q = earlyIndex << 1
    const u = late - lateIndex
    const v = early - earlyIndex
    const lateIntegral = pairs[p] + u * (pairs[p + 2] - pairs[p])
    const earlyIntegral = pairs[q] + v * (pairs[q + 2] - pairs[q])
    const lateValue = pairs[p + 1] + u * (pairs[p + 3] - pairs[p + 1])
    const earlyValue = pairs[q + 1] + v * (pairs[q + 3] - pairs[q + 1])
    shape[i] = lateIntegral - earlyIntegral
    byDelay[i] = earlyValue - lateValue
    byTransit[i] = earlyValue
  }
  if (smooth) {
    smoothInPlace(shape, from)
    smoothInPlace(byDelay, from)
    smoothInPlace(byTransit, from)
  }
}

function smoothInPlace(curve: Float64Array, from: number): void {
  const last = curve.length - 1
  let before = curve[from]
  let here = curve[from]
  for (let i = from; i < last; i++) {
    const after = curve[i + 1]
    curve[i] = 0.25 * (before + after) + 0.5 * here
    before = here
    here = after
  }
  curve[last] = 0.25 * before + 0.75 * here
}
