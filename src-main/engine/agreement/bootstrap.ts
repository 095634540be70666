import { randomStream } from '../phantom'
import { CONFIDENCE, normalCdf, normalQuantile } from './distributions'
import { meanOf, quantileOfSorted, type Interval } from './sample'

export interface BootstrapOptions {
  resamples: number
  seed: number
}

export interface BootstrapIntervals {
  percentile: Interval
  /** Bias-corrected and accelerated; null where the resamples do not vary around the estimate. */
  bca: Interval | null
}

/**
 * 95 % intervals of a statistic of cases by drawing them with replacement (Efron & Tibshirani, An Introduction to the
 * Bootstrap, 1993, ch. 13 and 14). `statistic` gets the indices of the cases drawn; resamples for which it has no value
 * (NaN) are left out. The same seed gives the same intervals. Null for fewer than two cases, or where fewer than half
 * of the resamples have a value.
 */
export function bootstrap(
  cases: number,
  statistic: (indices: Int32Array) => number,
  { resamples, seed }: BootstrapOptions,
): BootstrapIntervals | null {
  const estimate = statistic(Int32Array.from({ length: cases }, (_, i) => i))
  if (cases < 2 || !Number.isFinite(estimate)) return null
  const random = randomStream(seed)
  const drawn = new Int32Array(cases)
  const values: number[] = []
  for (let resample = 0; resample < resamples; resample++) {
    for (let i = 0; i < cases; i++) drawn[i] = Math.floor((random() / 2 ** 32) * cases)
    const value = statistic(drawn)
    if (Number.isFinite(value)) values.push(value)
  }
  if (2 * values.length < resamples) return null
  const jackknife = Array.from({ length: cases }, (_, left) =>
    statistic(Int32Array.from({ length: cases - 1 }, (_, i) => (i < left ? i : i + 1))),
  )
  const distribution = Float64Array.from(values).sort()
  return {
    percentile: percentileInterval(distribution),
    bca: bcaInterval(distribution, estimate, jackknife),
  }
}

/** The middle 95 % of an ascending bootstrap distribution. */
export function percentileInterval(distribution: ArrayLike<number>): Interval {
  const tail = (1 - CONFIDENCE) / 2
  return { lower: quantileOfSorted(distribution, tail), upper: quantileOfSorted(distribution, 1 - tail) }
}

/**
 * The BCa interval (Efron & Tibshirani, eq. 14.10, 14.14, 14.15) of an ascending bootstrap distribution, the estimate
 * and its jackknife values; values equal to the estimate count half, as in scipy. Null where the distribution lies
 * wholly on one side of the estimate, or the jackknife has no value or no spread.
 */
export function bcaInterval(
  distribution: ArrayLike<number>,
  estimate: number,
  jackknife: readonly number[],
): Interval | null {
  let below = 0
  for (let i = 0; i < distribution.length; i++) {
    if (distribution[i] < estimate) below += 1
    else if (distribution[i] === estimate) below += 0.5
  }
  const share = below / distribution.length
  const mean = meanOf(jackknife)
  const squares = jackknife.reduce((sum, value) => sum + (mean - value) ** 2, 0)
  const thirds = jackknife.reduce((sum, value) => sum + (mean - value) ** 3, 0)
  const acceleration = thirds / (6 * squares ** 1.5)
  if (!(share > 0 && share < 1) || !Number.isFinite(acceleration)) return null
  const bias = normalQuantile(share)
  const corrected = (p: number): number => {
    const z = bias + normalQuantile(p)
    return normalCdf(bias + z / (1 - acceleration * z))
  }
  const tail = (1 - CONFIDENCE) / 2
  return {
    lower: quantileOfSorted(distribution, corrected(tail)),
    upper: quantileOfSorted(distribution, corrected(1 - tail)),
  }
}
