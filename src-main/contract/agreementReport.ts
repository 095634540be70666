import { z } from 'zod'
import type { Vec3 } from './geometry'

/** What raters drew: a name, and the label values that stand for it; null: every value but 0. */
export const structureSchema = z.object({
  name: z.string().min(1),
  values: z.array(z.number().int().min(1)).min(1).nullable(),
})
export type Structure = z.infer<typeof structureSchema>

/** A segmentation of each case by one person: a folder of files, or what they signed in a reading study. */
export const readingSchema = z.object({
  /** As it stands in tables and figures. */
  name: z.string().min(1),
  /** The person; readings of one rater and one source are re-reads of each other. */
  rater: z.string().min(1),
  /** What was read: "CNN", "deconvolution", … */
  source: z.string(),
  /** Empty for a reading study's. */
  directory: z.string(),
})
export type Reading = z.infer<typeof readingSchema>

/** A file that says what is compared: what `umbra agree STUDY` reads. Folders are relative to the file. */
export const agreementStudySchema = z.object({
  title: z.string().optional(),
  reference: z
    .object({ name: z.string().default('Reference'), source: z.string().default(''), directory: z.string() })
    .optional(),
  raters: z
    .array(
      z.object({
        name: z.string(),
        rater: z.string().optional(),
        source: z.string().default(''),
        directory: z.string(),
      }),
    )
    .min(1),
  labels: z.record(z.string(), z.union([z.number().int(), z.array(z.number().int()).min(1)])).optional(),
  resamples: z.number().int().min(0).optional(),
  seed: z.number().int().optional(),
})
export type AgreementStudy = z.infer<typeof agreementStudySchema>

export interface Bounds {
  lower: number
  upper: number
}

/** A figure over cases; null where it has no value. */
export interface FigureSummary {
  /** Cases that have the figure. */
  n: number
  mean: number | null
  /** With n − 1. */
  sd: number | null
  median: number | null
  minimum: number | null
  maximum: number | null
  /** 95 % bootstrap intervals of the mean. */
  percentile: Bounds | null
  bca: Bounds | null
}

/** A coefficient over cases with its interval by formula and by bootstrap. */
export interface Coefficient {
  n: number
  value: number | null
  interval: Bounds | null
  percentile: Bounds | null
  bca: Bounds | null
}

export const lesionStates = ['both', 'first-empty', 'second-empty', 'both-empty'] as const
export type LesionState = (typeof lesionStates)[number]

/** Figures of a pair of readings of one case and structure that are averaged over cases. */
export const caseFigures = [
  'dice',
  'jaccard',
  'sensitivity',
  'precision',
  'kappa',
  'hausdorffMm',
  'hausdorff95Mm',
  'hausdorff95PooledMm',
  'hausdorffSetsMm',
  'assdMm',
  'masdMm',
  'volumeDifferenceMl',
] as const
export type CaseFigure = (typeof caseFigures)[number]

/** First against second of a pair, in one case and structure. */
export interface CaseAgreement extends Record<CaseFigure, number | null> {
  case: string
  pair: string
  structure: string
  state: LesionState
  firstMl: number
  secondMl: number
}

/** Several readings of one case and structure. */
export interface CaseConsensus {
  case: string
  structure: string
  /** Of the raters without the reference. */
  fleissKappa: number | null
  /** Null where nobody marked anything. */
  staple: {
    /** Voxels whose probability is above 0.5. */
    volumeMl: number
    /** By reading, in the order of the raters. */
    raters: { reading: string; sensitivity: number; specificity: number; dice: number | null }[]
    /** Dice of the consensus and the reference. */
    referenceDice: number | null
  } | null
}

/**
 * What the 95 % confidence band of a least squares line follows from: at x the line ± t · residualSd · √(1/n + (x − centre)²
 * / squares), with t the 97.5th percentile of Student's distribution, n − 2 degrees of freedom.
 */
export interface RegressionBand {
  n: number
  t: number
  /** Of the residuals, with n − 2. */
  residualSd: number
  /** Mean of x, and the sum of squares about it. */
  centre: number
  squares: number
}

/** How far the band reaches to either side of its line at x. */
export const bandReach = ({ n, t, residualSd, centre, squares }: RegressionBand, x: number): number =>
  t * residualSd * Math.sqrt(1 / n + (x - centre) ** 2 / squares)

/** Corners of the band in a square from 0 to `top`: along its upper side and back along its lower one. */
export function bandOutline(
  { slope, intercept, band }: PairFigures['pearson'],
  top: number,
): [x: number, y: number][] {
  if (band === null || slope === null || intercept === null) return []
  const steps = Array.from({ length: BAND_STEPS + 1 }, (_, i) => (top * i) / BAND_STEPS)
  const side =
    (sign: 1 | -1) =>
    (x: number): [number, number] => [
      x,
      Math.min(top, Math.max(0, slope * x + intercept + sign * bandReach(band, x))),
    ]
  return [...steps.map(side(1)), ...steps.reverse().map(side(-1))]
}

/** Enough that its sides look curved. */
const BAND_STEPS = 48

/** Everything over the cases of a pair and structure, normals left out or counted in. */
export interface PairFigures extends Record<CaseFigure, FigureSummary> {
  cases: number
  /** Of the two volumes; least squares line first = slope · second + intercept. */
  pearson: Coefficient & {
    p: number | null
    slope: number | null
    intercept: number | null
    /** Of the line; null for fewer than three cases, or where one side has no spread. */
    band: RegressionBand | null
  }
  concordance: Coefficient
  icc21: Coefficient
  icc31: Coefficient
  blandAltman: {
    bias: number | null
    sd: number | null
    lower: number | null
    upper: number | null
    biasInterval: Bounds | null
    lowerInterval: Bounds | null
    upperInterval: Bounds | null
  }
  /** Of the volumes, paired; `holm`: adjusted for the pairs of the structure. */
  wilcoxon: RankTestResult | null
}

export interface RankTestResult {
  statistic: number
  p: number
  holm: number
  method: 'exact' | 'asymptotic'
}

export type PairKind = 'reference' | 'inter-rater' | 'intra-rater' | 'inter-source'

export interface PairAgreement {
  pair: string
  first: string
  /** The reference where it is one of the two. */
  second: string
  kind: PairKind
  structure: string
  /** Cases that both read. */
  cases: number
  /** Cases in which neither drew the structure. */
  bothEmpty: number
  firstEmpty: number
  secondEmpty: number
  /** The paper's way: cases that both left empty are no lesions and do not count. */
  withoutNormals: PairFigures
  /** The other way: they are agreement, with a Dice of 1 and volumes of 0. */
  withNormals: PairFigures
}

/** All raters together, on cases that all of them read. */
export interface GroupAgreement {
  structure: string
  readings: string[]
  withReference: boolean
  cases: number
  icc21: Coefficient
  icc31: Coefficient
  /** Of voxels pooled over cases. */
  fleissKappa: number | null
}

/** Dice of two readings against the reference, compared over cases. */
export interface DiceComparison {
  structure: string
  first: string
  second: string
  wilcoxon: RankTestResult | null
  mannWhitney: RankTestResult | null
}

export interface SampleSizeHint {
  structure: string
  pair: string
  /** Cases for a mean Dice known to ± `diceHalfWidth`. */
  diceHalfWidth: number
  casesForDice: number | null
  /** Cases for an ICC(2,1) whose interval is `iccWidth` wide. */
  iccWidth: number
  casesForIcc: number | null
}

export interface AgreementReport {
  format: 'umbra-agreement-report'
  version: 1
  title: string
  created: string
  software: { name: string; version: string }
  notice: string
  settings: { confidence: number; resamples: number; seed: number }
  structures: Structure[]
  reference: string | null
  readings: Reading[]
  cases: {
    name: string
    /** Relative to the folder of the reading, or the id of a signed reading; null where there is none. [reading] */
    files: (string | null)[]
    size: Vec3
    spacingMm: Vec3
    /** By structure, then reading; null where there is no file. */
    volumesMl: (number | null)[][]
  }[]
  pairs: PairAgreement[]
  groups: GroupAgreement[]
  comparisons: DiceComparison[]
  sampleSize: SampleSizeHint[]
  caseAgreement: CaseAgreement[]
  caseConsensus: CaseConsensus[]
  missing: { reading: string; case: string }[]
  /** How the drawings were made, in sentences for the methods of a paper; empty where that is not known. */
  design: string[]
  /** What was done to the input: resampled grids, values and files left out. */
  notes: string[]
}
