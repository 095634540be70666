import { sameLength } from './correlation'
import { CONFIDENCE, tQuantile } from './distributions'
import { meanOf, standardDeviation, type Interval } from './sample'

export interface BlandAltman {
  n: number
  /** Mean of first − second; null without cases. */
  bias: number | null
  /** SD of the differences, n − 1; null for fewer than two cases, as all that follows. */
  sd: number | null
  /** Limits of agreement: bias ± 1.96 SD. */
  lower: number | null
  upper: number | null
  /** t intervals; standard error SD / √n of the bias, √(3 SD² / n) of a limit. */
  biasInterval: Interval | null
  lowerInterval: Interval | null
  upperInterval: Interval | null
}

/** Limits of agreement of two measurements with their 95 % intervals (Bland & Altman, Lancet 1986;327:307). */
export function blandAltman(first: ArrayLike<number>, second: ArrayLike<number>): BlandAltman {
  const n = sameLength(first, second)
  const differences = Float64Array.from({ length: n }, (_, i) => first[i] - second[i])
  const none = { lower: null, upper: null, biasInterval: null, lowerInterval: null, upperInterval: null }
  if (n < 2) return { n, bias: n === 1 ? differences[0] : null, sd: null, ...none }
  const bias = meanOf(differences)
  const sd = standardDeviation(differences)
  const t = tQuantile((1 + CONFIDENCE) / 2, n - 1)
  const about = (centre: number, error: number): Interval => ({
    lower: centre - t * error,
    upper: centre + t * error,
  })
  const [lower, upper] = [bias - 1.96 * sd, bias + 1.96 * sd]
  const limitError = Math.sqrt((3 * sd * sd) / n)
  return {
    n,
    bias,
    sd,
    lower,
    upper,
    biasInterval: about(bias, sd / Math.sqrt(n)),
    lowerInterval: about(lower, limitError),
    upperInterval: about(upper, limitError),
  }
}
