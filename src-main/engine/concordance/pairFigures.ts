import {
  caseFigures,
  type Bounds,
  type CaseAgreement,
  type CaseFigure,
  type Coefficient,
  type FigureSummary,
  type PairFigures,
} from '@contract'
import {
  blandAltman,
  bootstrap,
  drawnCoefficients,
  intraclassCorrelation,
  linConcordance,
  pearson,
  regressionBand,
  summarise,
  wilcoxonSignedRank,
  type BootstrapIntervals,
  type DrawnCoefficients,
} from '../agreement'
import { mixSeeds } from '../phantom'

export interface Resampling {
  resamples: number
  seed: number
}

const noIntervals = { percentile: null, bca: null }

/**
 * The figures of a pair of readings over cases, with the cases that neither drew left out, and with them counted as
 * agreement. The seeds of the intervals follow from the one given, each figure with its own.
 */
export function pairFigures(
  all: readonly CaseAgreement[],
  resampling: Resampling,
): { withoutNormals: PairFigures; withNormals: PairFigures } {
  const drawn = all.filter(({ state }) => state !== 'both-empty')
  const withoutNormals = figuresOf(drawn, resampling)
  if (drawn.length === all.length) return { withoutNormals, withNormals: structuralCopy(withoutNormals) }
  return { withoutNormals, withNormals: figuresOf(all, resampling) }
}

function figuresOf(cases: readonly CaseAgreement[], resampling: Resampling): PairFigures {
  const [first, second] = [cases.map(({ firstMl }) => firstMl), cases.map(({ secondMl }) => secondMl)]
  const seedOf = (place: number): Resampling => ({ ...resampling, seed: mixSeeds(resampling.seed, place) })
  const figures = Object.fromEntries(
    caseFigures.map((figure, i): [CaseFigure, FigureSummary] => [
      figure,
      figureSummary(
        cases.map((agreement) => valueOf(agreement, figure)),
        seedOf(i),
      ),
    ]),
  ) as Record<CaseFigure, FigureSummary>

  const coefficient = (
    name: keyof DrawnCoefficients,
    value: number | null,
    interval: Bounds | null,
  ): Coefficient => {
    const place = caseFigures.length + coefficientNames.indexOf(name)
    const statistic = (drawn: Int32Array): number => drawnCoefficients(first, second, drawn)[name]
    const drawn = value === null ? noIntervals : intervals(cases.length, statistic, seedOf(place))
    return { n: cases.length, value, interval, ...drawn }
  }
  const correlation = pearson(second, first)
  const concordance = linConcordance(first, second)
  const reliability = intraclassCorrelation(first.map((a, i) => [a, second[i]]))
  const { n: _, ...bland } = blandAltman(first, second)
  const test = wilcoxonSignedRank(first, second)
  return {
    cases: cases.length,
    ...figures,
    pearson: {
      ...coefficient('pearson', correlation.r, correlation.interval),
      p: correlation.p,
      slope: correlation.slope,
      intercept: correlation.intercept,
      band: regressionBand(second, first),
    },
    concordance: coefficient('concordance', concordance.ccc, concordance.interval),
    icc21: coefficient('icc21', reliability.agreement.icc, reliability.agreement.interval),
    icc31: coefficient('icc31', reliability.consistency.icc, reliability.consistency.interval),
    blandAltman: bland,
    wilcoxon: test && { ...test, holm: test.p },
  }
}

const coefficientNames: (keyof DrawnCoefficients)[] = ['pearson', 'concordance', 'icc21', 'icc31']

/** The same figures, whose p-values can be adjusted on their own. */
const structuralCopy = (figures: PairFigures): PairFigures => ({
  ...figures,
  wilcoxon: figures.wilcoxon && { ...figures.wilcoxon },
})

/** A case that neither drew agrees wholly where it counts. */
function valueOf(agreement: CaseAgreement, figure: CaseFigure): number | null {
  if (agreement.state === 'both-empty' && (figure === 'dice' || figure === 'jaccard')) return 1
  return agreement[figure]
}

/** Mean, SD and range of the cases that have a value, with bootstrap intervals of the mean. */
export function figureSummary(values: readonly (number | null)[], resampling: Resampling): FigureSummary {
  const known = values.filter((value): value is number => value !== null)
  const mean = (drawn: Int32Array): number => {
    let sum = 0
    for (let i = 0; i < drawn.length; i++) sum += known[drawn[i]]
    return sum / drawn.length
  }
  return { ...summarise(known), ...intervals(known.length, mean, resampling) }
}

function intervals(
  cases: number,
  statistic: (drawn: Int32Array) => number,
  { resamples, seed }: Resampling,
): Pick<BootstrapIntervals, 'bca'> & { percentile: BootstrapIntervals['percentile'] | null } {
  return (resamples > 0 ? bootstrap(cases, statistic, { resamples, seed }) : null) ?? noIntervals
}
