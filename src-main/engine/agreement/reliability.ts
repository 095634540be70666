import { CONFIDENCE, fQuantile, fUpper } from './distributions'
import { finiteOrNull, meanOf, type Interval } from './sample'

export interface IntraclassCorrelation {
  /** Null where there is no spread, or too little to measure. */
  icc: number | null
  interval: Interval | null
}

export interface Reliability {
  cases: number
  raters: number
  /** ICC(2,1), also ICC(A,1): two-way random, absolute agreement, single rater. */
  agreement: IntraclassCorrelation
  /** ICC(3,1), also ICC(C,1): two-way mixed, consistency, single rater. */
  consistency: IntraclassCorrelation
  /** Between-case F test of both, n − 1 and (n − 1)(k − 1) degrees of freedom. */
  f: number | null
  p: number | null
}

const none: IntraclassCorrelation = { icc: null, interval: null }

/**
 * Intraclass correlations of a table [case][rater] without gaps, from the two-way analysis of variance (Shrout & Fleiss,
 * Psychol Bull 1979;86:420; intervals McGraw & Wong, Psychol Methods 1996;1:30, table 7). Two raters and two cases at
 * least.
 */
export function intraclassCorrelation(table: readonly (readonly number[])[]): Reliability {
  const [n, k] = [table.length, table[0]?.length ?? 0]
  const nothing = { cases: n, raters: k, agreement: none, consistency: none, f: null, p: null }
  if (n < 2 || k < 2) return nothing
  const grand = meanOf(table.map(meanOf))
  const raterMeans = table[0].map((_, rater) => meanOf(table.map((row) => row[rater])))
  const caseMeans = table.map(meanOf)
  const squares = (means: number[]): number => means.reduce((sum, mean) => sum + (mean - grand) ** 2, 0)
  const between = (k * squares(caseMeans)) / (n - 1)
  const raters = (n * squares(raterMeans)) / (k - 1)
  let rest = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < k; j++) rest += (table[i][j] - caseMeans[i] - raterMeans[j] + grand) ** 2
  }
  const largest = Math.max(...table.flat().map(Math.abs))
  const rounding = (1e-14 * largest) ** 2
  const error = rest / ((n - 1) * (k - 1)) > rounding ? rest / ((n - 1) * (k - 1)) : 0
  const raterSquare = raters > rounding ? raters : 0
  if (!(between > rounding) && error === 0) return nothing

  const agreement = (between - error) / (between + (k - 1) * error + (k * (raterSquare - error)) / n)
  const consistency = (between - error) / (between + (k - 1) * error)
  if (error === 0) {
    // Raters who differ by a constant at most: F is infinite and its intervals have no width.
    return {
      ...nothing,
      agreement: { icc: finiteOrNull(agreement), interval: null },
      consistency: { icc: 1, interval: { lower: 1, upper: 1 } },
      p: 0,
    }
  }
  const [df1, df2] = [n - 1, (n - 1) * (k - 1)]
  const f = between / error
  return {
    cases: n,
    raters: k,
    agreement: {
      icc: finiteOrNull(agreement),
      interval: agreementInterval(agreement, between, raterSquare, error, n, k),
    },
    consistency: { icc: finiteOrNull(consistency), interval: consistencyInterval(f, df1, df2, k) },
    f,
    p: fUpper(f, df1, df2),
  }
}

const upperShare = (1 + CONFIDENCE) / 2

function consistencyInterval(f: number, df1: number, df2: number, k: number): Interval {
  const lower = f / fQuantile(upperShare, df1, df2)
  const upper = f * fQuantile(upperShare, df2, df1)
  return { lower: (lower - 1) / (lower + k - 1), upper: (upper - 1) / (upper + k - 1) }
}

/** With Satterthwaite's degrees of freedom. */
function agreementInterval(
  icc: number,
  between: number,
  raters: number,
  error: number,
  n: number,
  k: number,
): Interval | null {
  const a = k * icc * (raters / error)
  const b = n * (1 + (k - 1) * icc) - k * icc
  const degrees = ((n - 1) * (k - 1) * (a + b) ** 2) / ((n - 1) * a * a + b * b)
  if (!(degrees > 0) || !Number.isFinite(degrees)) return null
  const f1 = fQuantile(upperShare, n - 1, degrees)
  const f2 = fQuantile(upperShare, degrees, n - 1)
  const rest = k * raters + (k * n - k - n) * error
  const lower = (n * (between - f1 * error)) / (f1 * rest + n * between)
  const upper = (n * (f2 * between - error)) / (rest + n * f2 * between)
  return Number.isFinite(lower) && Number.isFinite(upper) ? { lower, upper } : null
}
