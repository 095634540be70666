import type {
  AgreementReport,
  CaseAgreement,
  Coefficient,
  DiceComparison,
  GroupAgreement,
  PairAgreement,
  RankTestResult,
  SampleSizeHint,
} from '@contract'
import {
  casesForIcc,
  casesForMean,
  fleissKappa,
  holm,
  intraclassCorrelation,
  mannWhitney,
  wilcoxonSignedRank,
  type RankTest,
} from '../agreement'
import { NOT_FOR_DIAGNOSIS } from '../export'
import { mixSeeds } from '../phantom'
import type { CaseFindings } from './compareCase'
import type { AgreementDefinition } from './definition'
import type { FoundCase } from './findCases'
import { pairFigures } from './pairFigures'
import type { ReadingPair } from './pairs'
import { votesOfRaters, voteRows } from './votes'

const DICE_HALF_WIDTH = 0.05
const ICC_WIDTH = 0.2

/** The whole report from what was found in each case, in the order of the cases. */
export function agreementReport(
  definition: AgreementDefinition,
  pairs: readonly ReadingPair[],
  cases: readonly FoundCase[],
  findings: readonly CaseFindings[],
  notes: readonly string[],
  created: Date,
): AgreementReport {
  const { readings, structures, resamples, seed, hasReference } = definition
  const caseAgreement = findings.flatMap(({ agreement }) => agreement)
  const pairAgreement = structures.flatMap(({ name }, s) =>
    adjusted(
      pairs.map((pair, p) =>
        pairOver(pair, readings, name, caseAgreement, { resamples, seed: mixSeeds(seed, s, p) }),
      ),
    ),
  )
  return {
    format: 'umbra-agreement-report',
    version: 1,
    title: definition.title,
    created: created.toISOString(),
    software: { name: 'Umbra', version: __UMBRA_VERSION__ },
    notice: NOT_FOR_DIAGNOSIS,
    settings: { confidence: 0.95, resamples, seed },
    structures,
    reference: hasReference ? readings[readings.length - 1].name : null,
    readings,
    cases: findings.map(({ name, size, spacingMm, volumesMl }, c) => ({
      name,
      files: cases[c].files,
      size,
      spacingMm,
      volumesMl,
    })),
    pairs: pairAgreement,
    groups: structures.flatMap((_, s) => groupsOf(definition, s, findings)),
    comparisons: structures.flatMap(({ name }) => comparisonsOf(name, pairs, caseAgreement)),
    sampleSize: pairAgreement.map(hintFor),
    caseAgreement,
    caseConsensus: findings.flatMap(({ consensus }) => consensus),
    missing: cases.flatMap(({ name, files }) =>
      files.flatMap((file, r) => (file === null ? [{ reading: readings[r].name, case: name }] : [])),
    ),
    design: definition.design ?? [],
    notes: [...notes, ...findings.flatMap((found) => found.notes)],
  }
}

function pairOver(
  { name, first, second, kind }: ReadingPair,
  readings: AgreementDefinition['readings'],
  structure: string,
  all: readonly CaseAgreement[],
  resampling: { resamples: number; seed: number },
): PairAgreement {
  const own = all.filter((agreement) => agreement.pair === name && agreement.structure === structure)
  const count = (state: CaseAgreement['state']): number =>
    own.filter((agreement) => agreement.state === state).length
  return {
    pair: name,
    first: readings[first].name,
    second: readings[second].name,
    kind,
    structure,
    cases: own.length,
    bothEmpty: count('both-empty'),
    firstEmpty: count('first-empty'),
    secondEmpty: count('second-empty'),
    ...pairFigures(own, resampling),
  }
}

/** The volume tests of a structure's pairs, adjusted for their number. */
function adjusted(pairs: PairAgreement[]): PairAgreement[] {
  for (const which of ['withoutNormals', 'withNormals'] as const) {
    adjust(pairs.map((pair) => pair[which].wilcoxon))
  }
  return pairs
}

function adjust(tests: (RankTestResult | null)[]): void {
  const there = tests.filter((test): test is RankTestResult => test !== null)
  holm(there.map(({ p }) => p)).forEach((p, i) => (there[i].holm = p))
}

function groupsOf(
  { readings, structures, hasReference }: AgreementDefinition,
  s: number,
  findings: readonly CaseFindings[],
): GroupAgreement[] {
  const reference = hasReference ? readings.length - 1 : null
  const all = readings.map((_, r) => r)
  const raters = all.filter((r) => r !== reference)
  const groups = reference === null ? [raters] : [raters, all]
  return groups
    .filter((members) => members.length > 2 || (members === raters && members.length === 2))
    .map((members) => {
      const read = findings.filter(({ volumesMl }) => members.every((r) => volumesMl[s][r] !== null))
      const table = read.map(({ volumesMl }) => members.map((r) => volumesMl[s][r] ?? NaN))
      const { agreement, consistency } = intraclassCorrelation(table)
      const coefficient = ({ icc, interval }: typeof agreement): Coefficient => ({
        n: table.length,
        value: icc,
        interval,
        percentile: null,
        bca: null,
      })
      const votes = read.map((found) =>
        members === raters ? votesOfRaters(found.votes[s], reference) : found.votes[s],
      )
      return {
        structure: structures[s].name,
        readings: members.map((r) => readings[r].name),
        withReference: members !== raters,
        cases: table.length,
        icc21: coefficient(agreement),
        icc31: coefficient(consistency),
        fleissKappa: fleissKappa(
          votes.flatMap(voteRows),
          votes.flatMap(({ counts }) => counts),
        ),
      }
    })
}

/** Every two raters by their Dice against the reference: paired on common cases, and as two samples. */
function comparisonsOf(
  structure: string,
  pairs: readonly ReadingPair[],
  all: readonly CaseAgreement[],
): DiceComparison[] {
  const against = pairs.filter(({ kind }) => kind === 'reference')
  const diceOf = ({ name }: ReadingPair): Map<string, number> =>
    new Map(
      all
        .filter((agreement) => agreement.structure === structure && agreement.pair === name)
        .flatMap((agreement) => (agreement.dice === null ? [] : [[agreement.case, agreement.dice] as const])),
    )
  const comparisons = against.flatMap((first, i) =>
    against.slice(i + 1).map((second): DiceComparison => {
      const [a, b] = [diceOf(first), diceOf(second)]
      const common = [...a.keys()].filter((name) => b.has(name))
      const of = (dice: Map<string, number>): number[] => common.map((name) => dice.get(name) ?? NaN)
      return {
        structure,
        first: first.name,
        second: second.name,
        wilcoxon: result(wilcoxonSignedRank(of(a), of(b))),
        mannWhitney: result(mannWhitney([...a.values()], [...b.values()])),
      }
    }),
  )
  adjust(comparisons.map(({ wilcoxon }) => wilcoxon))
  adjust(comparisons.map(({ mannWhitney: test }) => test))
  return comparisons
}

const result = (test: RankTest | null): RankTestResult | null => test && { ...test, holm: test.p }

function hintFor({ structure, pair, withoutNormals }: PairAgreement): SampleSizeHint {
  return {
    structure,
    pair,
    diceHalfWidth: DICE_HALF_WIDTH,
    casesForDice: casesForMean(withoutNormals.dice.sd, DICE_HALF_WIDTH),
    iccWidth: ICC_WIDTH,
    casesForIcc: casesForIcc(withoutNormals.icc21.value, 2, ICC_WIDTH),
  }
}
