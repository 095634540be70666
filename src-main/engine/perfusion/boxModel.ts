import type { ArterialFunction } from './arterialFunction'

/** Buffers and look-up tables of one box model: the last evaluated shape and its two derivatives, [sample]. */
export interface BoxModel {
  readonly times: Float64Array
  readonly start: number
  readonly perStep: number
  readonly limit: number
  /** integral, value interleaved: one cache line serves both. */
  readonly pairs: Float64Array
  readonly smooth: boolean
  readonly shape: Float64Array
  readonly byDelay: Float64Array
  readonly byTransit: Float64Array
}

/** A model of box residues on samples at `times` (seconds), [¼ ½ ¼]-smoothed like the data when `smooth`. */
export function createBoxModel(
  arterial: ArterialFunction,
  times: ArrayLike<number>,
  smooth: boolean,
): BoxModel {
  const length = arterial.value.length
  const pairs = new Float64Array(2 * length)
  for (let i = 0; i < length; i++) {
    pairs[2 * i] = arterial.integral[i]
    pairs[2 * i + 1] = arterial.value[i]
  }
  const n = times.length
  return {
    times: Float64Array.from(times),
    start: arterial.start,
    perStep: 1 / arterial.step,
    limit: length - 1.000001,
    pairs,
    smooth,
    shape: new Float64Array(n),
    byDelay: new Float64Array(n),
    byTransit: new Float64Array(n),
  }
}

/**
 * Writes A(t−d) − A(t−d−MTT) and its derivatives by d and by MTT into the model's buffers. `delay` and `transit` in
 * seconds; multiply by the flow (1/s) for enhancement.
 */
export function boxModel(model: BoxModel, delay: number, transit: number): void {
  const { times, start, perStep, limit, pairs, smooth, shape, byDelay, byTransit } = model
  const n = times.length
  const width = transit * perStep
  const origin = start + delay
  for (let i = 0; i < n; i++) {
    let late = (times[i] - origin) * perStep
    let early = late - width
    if (late < 0) late = 0
    else if (late > limit) late = limit
    if (early < 0) early = 0
    else if (early > limit) early = limit
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
    smoothInPlace(shape)
    smoothInPlace(byDelay)
    smoothInPlace(byTransit)
  }
}

function smoothInPlace(curve: Float64Array): void {
  const last = curve.length - 1
  let before = curve[0]
  let here = curve[0]
  for (let i = 0; i < last; i++) {
    const after = curve[i + 1]
    curve[i] = 0.25 * (before + after) + 0.5 * here
    before = here
    here = after
  }
  curve[last] = 0.25 * before + 0.75 * here
}
