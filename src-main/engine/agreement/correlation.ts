import type { RegressionBand } from '@contract'
import { CONFIDENCE, normalQuantile, tQuantile, tTwoSided } from './distributions'
import { isConstant, meanOf, squaresAbout, type Interval } from './sample'

export interface Correlation {
  n: number
  /** Null for fewer than two cases, or where one side has no spread. */
  r: number | null
  /** Two-sided, of t = r √((n − 2) / (1 − r²)) with n − 2 degrees of freedom. */
  p: number | null
  /** Fisher's z: tanh(atanh r ± z₀.₉₇₅ / √(n − 3)); −1 to 1 for three cases or fewer. */
  interval: Interval | null
  /** Least squares, second = slope · first + intercept: for the line in a scatter plot. */
  slope: number | null
  intercept: number | null
}

/** Pearson's correlation of pairs, as scipy.stats.pearsonr gives it (Fisher, Metron 1921;1:3). */
export function pearson(first: ArrayLike<number>, second: ArrayLike<number>): Correlation {
  const n = sameLength(first, second)
  if (n < 2 || isConstant(first) || isConstant(second)) {
    return { n, r: null, p: null, interval: null, slope: null, intercept: null }
  }
  const [meanFirst, meanSecond] = [meanOf(first), meanOf(second)]
  const [squaresFirst, squaresSecond] = [squaresAbout(first, meanFirst), squaresAbout(second, meanSecond)]
  let products = 0
  for (let i = 0; i < n; i++) products += (first[i] - meanFirst) * (second[i] - meanSecond)
  const r = Math.max(-1, Math.min(1, products / (Math.sqrt(squaresFirst) * Math.sqrt(squaresSecond))))
  const slope = products / squaresFirst
  return {
    n,
    r,
    p: n === 2 ? 1 : Math.abs(r) === 1 ? 0 : tTwoSided(r * Math.sqrt((n - 2) / (1 - r * r)), n - 2),
    interval: fisherInterval(r, n),
    slope,
    intercept: meanSecond - slope * meanFirst,
  }
}

/**
 * What the 95 % confidence band of the least squares line `second = slope · first + intercept` follows from: the mean of
 * `second` at x lies within t₀.₉₇₅,ₙ₋₂ · s · √(1/n + (x − x̄)² / Σ(xᵢ − x̄)²), s² = Σ(yᵢ − ŷᵢ)² / (n − 2) (Draper & Smith,
 * Applied Regression Analysis, 3rd ed. 1998, section 3.1); equal to statsmodels' get_prediction. Null for fewer than three
 * cases, or where one side has no spread.
 */
export function regressionBand(first: ArrayLike<number>, second: ArrayLike<number>): RegressionBand | null {
  const { n, slope } = pearson(first, second)
  if (n < 3 || slope === null) return null
  const [centre, meanSecond] = [meanOf(first), meanOf(second)]
  let residual = 0
  for (let i = 0; i < n; i++) residual += (second[i] - meanSecond - slope * (first[i] - centre)) ** 2
  return {
    n,
    t: tQuantile((1 + CONFIDENCE) / 2, n - 2),
    residualSd: Math.sqrt(residual / (n - 2)),
    centre,
    squares: squaresAbout(first, centre),
  }
}

function fisherInterval(r: number, n: number): Interval {
  if (n <= 3) return { lower: -1, upper: 1 }
  const reach = normalQuantile((1 + CONFIDENCE) / 2) / Math.sqrt(n - 3)
  return { lower: Math.tanh(Math.atanh(r) - reach), upper: Math.tanh(Math.atanh(r) + reach) }
}

export interface Concordance {
  n: number
  /** Lin's ρc; null for fewer than two cases, or where both sides are one and the same constant. */
  ccc: number | null
  /** By the z transform; null for three cases or fewer, and where ρc is ±1 or Pearson's r is 0 or unknown. */
  interval: Interval | null
}

/**
 * Lin's concordance correlation coefficient, 2 sxy / (sx² + sy² + (x̄ − ȳ)²) with moments of n, and its interval on
 * Fisher's z scale (Lin, Biometrics 1989;45:255, variance as corrected in Biometrics 2000;56:324).
 */
export function linConcordance(first: ArrayLike<number>, second: ArrayLike<number>): Concordance {
  const n = sameLength(first, second)
  if (n < 2) return { n, ccc: null, interval: null }
  const [meanFirst, meanSecond] = [meanOf(first), meanOf(second)]
  const varianceFirst = squaresAbout(first, meanFirst) / n
  const varianceSecond = squaresAbout(second, meanSecond) / n
  let covariance = 0
  for (let i = 0; i < n; i++) covariance += ((first[i] - meanFirst) * (second[i] - meanSecond)) / n
  const shift = meanFirst - meanSecond
  const spread = varianceFirst + varianceSecond + shift * shift
  if (spread === 0) return { n, ccc: null, interval: null }
  const ccc = (2 * covariance) / spread
  const { r } = pearson(first, second)
  if (r === null || r === 0 || n <= 3 || Math.abs(ccc) >= 1) return { n, ccc, interval: null }
  const u2 = (shift * shift) / Math.sqrt(varianceFirst * varianceSecond)
  const [c2, r2] = [ccc * ccc, r * r]
  const variance =
    (((1 - r2) * c2) / ((1 - c2) * r2) +
      (2 * ccc ** 3 * (1 - ccc) * u2) / (r * (1 - c2) ** 2) -
      (ccc ** 4 * u2 * u2) / (2 * r2 * (1 - c2) ** 2)) /
    (n - 2)
  const reach = normalQuantile((1 + CONFIDENCE) / 2) * Math.sqrt(Math.max(0, variance))
  return {
    n,
    ccc,
    interval: { lower: Math.tanh(Math.atanh(ccc) - reach), upper: Math.tanh(Math.atanh(ccc) + reach) },
  }
}

export function sameLength(first: ArrayLike<number>, second: ArrayLike<number>): number {
  if (first.length !== second.length) {
    throw new Error(`${first.length} and ${second.length} values are not pairs`)
  }
  return first.length
}
