import fCdf from '@stdlib/stats-base-dists-f-cdf'
import fQuantileOf from '@stdlib/stats-base-dists-f-quantile'
import normalCdfOf from '@stdlib/stats-base-dists-normal-cdf'
import normalQuantileOf from '@stdlib/stats-base-dists-normal-quantile'
import tCdf from '@stdlib/stats-base-dists-t-cdf'
import tQuantileOf from '@stdlib/stats-base-dists-t-quantile'

/** Two-sided intervals and tests are at this level throughout. */
export const CONFIDENCE = 0.95

/** P(|T| ≥ |t|) of Student's t: the two-sided p-value. */
export function tTwoSided(t: number, degrees: number): number {
  return Math.min(1, 2 * tCdf(-Math.abs(t), degrees))
}

export function tQuantile(p: number, degrees: number): number {
  return tQuantileOf(p, degrees)
}

/** P(F ≥ f). */
export function fUpper(f: number, degrees1: number, degrees2: number): number {
  return f > 0 ? fCdf(1 / f, degrees2, degrees1) : 1
}

/** Degrees of freedom need not be whole. */
export function fQuantile(p: number, degrees1: number, degrees2: number): number {
  return fQuantileOf(p, degrees1, degrees2)
}

/** P(Z ≤ z) of the standard normal. */
export function normalCdf(z: number): number {
  return normalCdfOf(z, 0, 1)
}

export function normalQuantile(p: number): number {
  return normalQuantileOf(p, 0, 1)
}
