import {
  caseFigures,
  type CaseAgreement,
  type CaseFigure,
  type Coefficient,
  type FigureSummary,
  type PairFigures,
} from '@contract'
import {
  blandAltman,
  bootstrap,
  intraclassCorrelation,
  linConcordance,
  pearson,
  summarise,
  wilcoxonSignedRank,
  type BootstrapIntervals,
} from '../agreement'
import { mixSeeds } from '../phantom'

export interface Resampling {
  resamples: number
  seed: number
}

const noIntervals = { percentile: null, bca: null }

/**
 * The figures of a pair of readings over cases. Cases that neither drew are left out, or count as agreement. The seeds
 * of the intervals follow from the one given, each figure with its own.
 */
export function pairFigures(
  all: readonly CaseAgreement[],
  withNormals: boolean,
  resampling: Resampling,
): PairFigures {
  const cases = withNormals ? all : all.filter(({ state }) => state !== 'both-empty')
  const [first, second] = [cases.map(({ firstMl }) => firstMl), cases.map(({ secondMl }) => secondMl)]
  const figures = Object.fromEntries(
    caseFigures.map((figure, i): [CaseFigure, FigureSummary] => [
      figure,
      figureSummary(
        cases.map((agreement) => valueOf(agreement, figure)),
        { ...resampling, seed: mixSeeds(resampling.seed, i) },
      ),
    ]),
  ) as Record<CaseFigure, FigureSummary>

  const coefficient = (
    place: number,
    of: (a: number[], b: number[]) => { value: number | null; interval: Coefficient['interval'] },
  ): Coefficient => ({
    n: cases.length,
    ...of(first, second),
    ...intervals(cases.length, (drawn) => of(pick(first, drawn), pick(second, drawn)).value ?? NaN, {
      ...resampling,
      seed: mixSeeds(resampling.seed, caseFigures.length + place),
    }),
  })
  const correlation = pearson(first, second)
  const bland = blandAltman(first, second)
  const test = wilcoxonSignedRank(first, second)
  return {
    cases: cases.length,
    ...figures,
    pearson: {
      ...coefficient(0, (a, b) => {
        const { r: value, interval } = pearson(a, b)
        return { value, interval }
      }),
      p: correlation.p,
      slope: correlation.slope,
      intercept: correlation.intercept,
    },
    concordance: coefficient(1, (a, b) => {
      const { ccc: value, interval } = linConcordance(a, b)
      return { value, interval }
    }),
    icc21: coefficient(2, (a, b) => iccOf(a, b, 'agreement')),
    icc31: coefficient(3, (a, b) => iccOf(a, b, 'consistency')),
    blandAltman: {
      bias: bland.bias,
      sd: bland.sd,
      lower: bland.lower,
      upper: bland.upper,
      biasInterval: bland.biasInterval,
      lowerInterval: bland.lowerInterval,
      upperInterval: bland.upperInterval,
    },
    wilcoxon: test && { ...test, holm: test.p },
  }
}

/** A case that neither drew agrees wholly where it counts. */
function valueOf(agreement: CaseAgreement, figure: CaseFigure): number | null {
  if (agreement.state === 'both-empty' && (figure === 'dice' || figure === 'jaccard')) return 1
  return agreement[figure]
}

function iccOf(
  first: number[],
  second: number[],
  kind: 'agreement' | 'consistency',
): { value: number | null; interval: Coefficient['interval'] } {
  const { icc: value, interval } = intraclassCorrelation(first.map((a, i) => [a, second[i]]))[kind]
  return { value, interval }
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

function pick(values: readonly number[], drawn: Int32Array): number[] {
  return Array.from(drawn, (i) => values[i])
}
