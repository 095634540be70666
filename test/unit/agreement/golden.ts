import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'

interface Bounds {
  lower: number
  upper: number
}
interface Coefficient {
  icc: number | null
  interval: Bounds | null
}
type Row = number[]

/** What `test/fixtures/agreement/make_golden.py` wrote with scipy, pingouin, scikit-learn, statsmodels, SimpleITK, MedPy. */
export interface Golden {
  made: Record<string, string>
  quantiles: { t: Row[]; f: Row[]; normal: Row[]; tTwoSided: Row[]; fUpper: Row[] }
  pairs: {
    name: string
    first: number[]
    second: number[]
    concordance: { ccc: number | null; interval: Bounds | null }
    blandAltman: Record<string, number | Bounds>
    pearson: Record<string, number | Bounds | null>
    /** Of the line of `second` over `first`; absent where one has no spread. */
    band?: { at: number[]; lower: number[]; upper: number[] } | null
    wilcoxon: { statistic: number; p: number } | null
    mannWhitney: { statistic: number; p: number }
    icc?: { agreement: Coefficient; consistency: Coefficient; f: number; p: number }
  }[]
  tables: {
    name: string
    table: number[][]
    agreement: Coefficient
    consistency: Coefficient
    f: number
    p: number
  }[]
  fleiss: { name: string; rows: number[][]; kappa: number }[]
  masks: {
    name: string
    size: [number, number, number]
    spacing: [number, number, number]
    first: string
    second: string
    kappa: number | null
    dice: number | null
    jaccard: number | null
    sensitivity: number | null
    precision: number | null
    distances: Record<string, number> | null
  }[]
  sheared: {
    size: [number, number, number]
    spacing: [number, number, number]
    direction: [[number, number, number], [number, number, number], [number, number, number]]
    first: string
    second: string
    hausdorff: number
    averageSymmetric: number
  }
  transforms: {
    name: string
    size: [number, number, number]
    spacing: [number, number, number]
    marked: string
    distances: number[]
  }[]
  staple: {
    name: string
    raters: number
    patterns: number[]
    counts: number[]
    probability: number[]
    sensitivity: number[]
    specificity: number[]
  }[]
  bootstrap: {
    name: string
    sample: number[]
    estimate: number
    jackknife: number[]
    distribution: number[]
    percentile: Bounds
    bca: Bounds
  }[]
  holm: { p: number[]; adjusted: number[] }[]
  casesForMean: { sd: number; halfWidth: number; cases: number }[]
}

export const golden = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/agreement/golden.json'), 'utf8'),
) as Golden

export const maskOf = (digits: string): Uint8Array => Uint8Array.from(digits, Number)

/** Holds figures, intervals and nulls against the expected ones: within `tolerance`, relative for figures above 1. */
export function expectAlike(actual: unknown, expected: unknown, tolerance = 1e-9, at = ''): void {
  if (typeof expected === 'number') {
    expect(typeof actual, at).toBe('number')
    expect(
      Math.abs((actual as number) - expected),
      `${at}: ${String(actual)} for ${expected}`,
    ).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(expected)))
  } else if (expected !== null && typeof expected === 'object') {
    expect(actual, at).not.toBeNull()
    for (const [key, value] of Object.entries(expected)) {
      expectAlike((actual as Record<string, unknown>)[key], value, tolerance, `${at}.${key}`)
    }
  } else expect(actual, at).toBe(expected)
}
