/** Sums, means and quantiles of a sample. A figure without a value (no cases, one case) is null. */

/** An interval that holds the true value with the stated confidence. */
export interface Interval {
  lower: number
  upper: number
}

export interface SampleSummary {
  n: number
  mean: number | null
  /** With n − 1. */
  sd: number | null
  median: number | null
  minimum: number | null
  maximum: number | null
}

export function meanOf(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return sum / values.length
}

/** Σ (x − mean)², in two passes. */
export function squaresAbout(values: ArrayLike<number>, mean: number): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (values[i] - mean) ** 2
  return sum
}

/** With n − 1; NaN for fewer than two values. */
export function standardDeviation(values: ArrayLike<number>): number {
  return values.length < 2 ? NaN : Math.sqrt(squaresAbout(values, meanOf(values)) / (values.length - 1))
}

/** Quantile of ascending values by linear interpolation (type 7 of Hyndman & Fan 1996, as numpy and R do). */
export function quantileOfSorted(sorted: ArrayLike<number>, p: number): number {
  const at = p * (sorted.length - 1)
  const below = Math.floor(at)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below] + (at - below) * (sorted[above] - sorted[below])
}

/** Several quantiles of values in any order. */
export function quantilesOf(values: readonly number[], shares: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort()
  return shares.map((share) => quantileOfSorted(sorted, share))
}

export function summarise(values: readonly number[]): SampleSummary {
  const n = values.length
  if (n === 0) return { n, mean: null, sd: null, median: null, minimum: null, maximum: null }
  const sorted = Float64Array.from(values).sort()
  return {
    n,
    mean: meanOf(values),
    sd: n > 1 ? standardDeviation(values) : null,
    median: quantileOfSorted(sorted, 0.5),
    minimum: sorted[0],
    maximum: sorted[n - 1],
  }
}

/**
 * True where values differ by no more than rounding: a spread below that is no spread. Correlations of such values
 * have no meaning.
 */
export function isConstant(values: ArrayLike<number>): boolean {
  let [lower, upper] = [Infinity, -Infinity]
  for (let i = 0; i < values.length; i++) {
    if (values[i] < lower) lower = values[i]
    if (values[i] > upper) upper = values[i]
  }
  return !(upper - lower > 1e-13 * Math.max(Math.abs(lower), Math.abs(upper)))
}

export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
