import { describe, expect, it } from 'vitest'
import { bandReach } from '@contract'
import {
  blandAltman,
  casesForIcc,
  casesForMean,
  cohenKappa,
  drawnCoefficients,
  fleissKappa,
  holm,
  intraclassCorrelation,
  linConcordance,
  mannWhitney,
  pearson,
  regressionBand,
  summarise,
  wilcoxonSignedRank,
} from '../../../src-main/engine/agreement'
import {
  fQuantile,
  fUpper,
  normalQuantile,
  tQuantile,
  tTwoSided,
} from '../../../src-main/engine/agreement/distributions'
import { expectAlike, golden } from './golden'

describe('distributions are those of scipy', () => {
  it.each(golden.quantiles.t)('t quantile of %d at %d degrees', (p, d, t) => expectAlike(tQuantile(p, d), t))
  it.each(golden.quantiles.f)('F quantile of %d at %d, %d', (p, a, b, f) =>
    expectAlike(fQuantile(p, a, b), f),
  )
  it.each(golden.quantiles.normal)('normal quantile of %d', (p, z) => expectAlike(normalQuantile(p), z))
  it.each(golden.quantiles.tTwoSided)('P(|T| ≥ %d) at %d', (t, d, p) => {
    expectAlike(tTwoSided(t, d), p)
    // Small p-values are printed: they must be right in their leading digits too.
    expect(tTwoSided(t, d) / p).toBeCloseTo(1, 9)
  })
  it.each(golden.quantiles.fUpper)('P(F ≥ %d) at %d, %d', (x, a, b, p) => {
    expect(fUpper(x, a, b) / p).toBeCloseTo(1, 9)
  })
})

describe.each(golden.pairs)('two measurements, $name', (pair) => {
  const { first, second } = pair
  it("Pearson's r, p, interval and line as scipy", () => expectAlike(pearson(first, second), pair.pearson))
  it('the confidence band of the line as statsmodels', () => {
    const { slope, intercept } = pearson(first, second)
    const band = regressionBand(first, second)
    if (!pair.band) return expect(band).toBeNull()
    pair.band.at.forEach((x, i) => {
      const [line, reach] = [slope! * x + intercept!, bandReach(band!, x)]
      expectAlike([line - reach, line + reach], [pair.band!.lower[i], pair.band!.upper[i]])
    })
  })
  it("Lin's concordance as its formula in numpy", () =>
    expectAlike(linConcordance(first, second), pair.concordance))
  it('Bland–Altman bias, limits and their intervals as pingouin', () =>
    expectAlike(blandAltman(first, second), pair.blandAltman))
  it("Wilcoxon's signed-rank test as scipy", () =>
    expectAlike(wilcoxonSignedRank(first, second), pair.wilcoxon))
  it('Mann–Whitney U as scipy', () => expectAlike(mannWhitney(first, second), pair.mannWhitney))
})

describe.each(golden.pairs.filter(({ icc }) => icc))('two measurements, $name', ({ first, second, icc }) => {
  it('ICC(2,1) and ICC(3,1) with intervals as pingouin', () =>
    expectAlike(intraclassCorrelation(first.map((value, i) => [value, second[i]])), icc))
})

describe.each(golden.tables)('several raters, $name', ({ table, name: _, ...expected }) => {
  it('ICC(2,1) and ICC(3,1) with intervals, F and p as pingouin', () =>
    expectAlike(intraclassCorrelation(table), expected))
})

describe.each(golden.pairs.filter(({ icc }) => icc))(
  'coefficients for a bootstrap, $name',
  ({ first, second }) => {
    it('are those of the functions that give intervals', () => {
      const drawn = drawnCoefficients(first, second, Int32Array.from(first.keys()))
      const { agreement, consistency } = intraclassCorrelation(first.map((value, i) => [value, second[i]]))
      expectAlike(drawn, {
        concordance: linConcordance(first, second).ccc,
        icc21: agreement.icc,
        icc31: consistency.icc,
      })
      const { r } = pearson(first, second)
      if (r === null) expect(drawn.pearson).toBeNaN()
      else expectAlike(drawn.pearson, r)
    })
  },
)

describe('intraclass correlation without a residual', () => {
  const values = [3, 4, 6, 2, 5]
  it('is 1 for raters who measure the same', () => {
    const { agreement, consistency } = intraclassCorrelation(values.map((v) => [v, v]))
    expect([agreement.icc, consistency.icc]).toEqual([1, 1])
  })
  it('is 1 for consistency and below for agreement where one measures 2 more', () => {
    const { agreement, consistency } = intraclassCorrelation(values.map((v) => [v, v + 2]))
    // MSB 5, MSJ 10, MSE 0, n 5, k 2: 5 / (5 + 2 · 10 / 5)
    expect(agreement.icc).toBeCloseTo(5 / 9, 12)
    expect(consistency.icc).toBe(1)
  })
  it('has no value where nothing varies, or for one case', () => {
    expect(
      intraclassCorrelation([
        [4, 4],
        [4, 4],
      ]).agreement.icc,
    ).toBeNull()
    expect(intraclassCorrelation([[4, 5]]).consistency.icc).toBeNull()
    expect(intraclassCorrelation([]).consistency.icc).toBeNull()
  })
})

describe('kappa', () => {
  it.each(golden.fleiss)('of Fleiss as statsmodels: $name', ({ rows, kappa }) =>
    expectAlike(fleissKappa(rows, new Array<number>(rows.length).fill(1)), kappa),
  )
  it('of Fleiss takes patterns with how often they occur', () => {
    const rows = [
      [3, 0],
      [2, 1],
      [3, 0],
      [3, 0],
      [0, 3],
    ]
    expect(
      fleissKappa(
        [
          [3, 0],
          [2, 1],
          [0, 3],
        ],
        [3, 1, 1],
      ),
    ).toBeCloseTo(fleissKappa(rows, [1, 1, 1, 1, 1]) ?? NaN, 14)
  })
  it('has no value where all agree on one category for everything', () => {
    expect(fleissKappa([[2, 0]], [10])).toBeNull()
    expect(cohenKappa({ first: 0, second: 0, both: 0, total: 10 })).toBeNull()
    expect(cohenKappa({ first: 10, second: 10, both: 10, total: 10 })).toBeNull()
  })
})

describe('tests with nothing to test', () => {
  it('have no value', () => {
    expect(wilcoxonSignedRank([], [])).toBeNull()
    expect(mannWhitney([], [1])).toBeNull()
    expect(pearson([], []).r).toBeNull()
    expect(blandAltman([], []).bias).toBeNull()
    expect(linConcordance([4, 4, 4, 4], [4, 4, 4, 4]).ccc).toBeNull()
    expect(summarise([])).toEqual({ n: 0, mean: null, sd: null, median: null, minimum: null, maximum: null })
    expect(summarise([0.8])).toMatchObject({ mean: 0.8, sd: null })
  })
  it('refuse pairs of different lengths', () => {
    expect(() => pearson([1, 2], [1])).toThrow('not pairs')
  })
})

describe('many tests', () => {
  it.each(golden.holm)("Holm's adjustment of $p as statsmodels", ({ p, adjusted }) =>
    expectAlike(holm(p), adjusted),
  )
})

describe('sample size', () => {
  it.each(golden.casesForMean)('SD $sd, ± $halfWidth: $cases cases', ({ sd, halfWidth, cases }) =>
    expect(casesForMean(sd, halfWidth)).toBe(cases),
  )
  it('for an ICC of 0.8 within ± 0.1, by the arithmetic of Bonett (2002)', () => {
    // 8 · 3.8415 · 0.04 · 1.8² / (2 · 0.04) + 1 + 5 · 0.8 = 54.8; 8 · 3.8415 · 0.04 · 2.6² / (6 · 0.04) + 1 = 35.6
    expect([casesForIcc(0.8, 2, 0.2), casesForIcc(0.8, 3, 0.2)]).toEqual([55, 36])
  })
  it('is not known without a spread, and not where more than 100,000 cases are needed', () => {
    expect(casesForMean(null, 0.05)).toBeNull()
    expect(casesForMean(1e6, 0.05)).toBeNull()
    expect(casesForMean(0, 0.05)).toBe(2)
    expect(casesForIcc(-0.2, 2, 0.2)).toBeNull()
  })
})
