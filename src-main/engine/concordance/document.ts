import type { AgreementReport, Bounds, PairAgreement } from '@contract'
import { figuresOf, type Figure } from './figures'
import { withShortNames } from './shortNames'
import { decimals, meanSd, normalsNote, pValue, tableOne, type Normals, type Table } from './tables'

/** What the HTML and the PDF show alike. */
export interface ReportDocument {
  title: string
  subtitle: string
  notice: string
  methods: string[]
  tables: Table[]
  figures: Figure[]
  notes: string[]
}

export function reportDocument(whole: AgreementReport): ReportDocument {
  const { report, notes } = withShortNames(whole)
  const normals = report.pairs.some(({ bothEmpty }) => bothEmpty > 0)
  const ways: Normals[] = normals ? ['withoutNormals', 'withNormals'] : ['withoutNormals']
  return {
    title: report.title,
    subtitle: `${report.cases.length === 1 ? 'One case' : `${report.cases.length} cases`}, ${report.readings.length} readings · Umbra ${report.software.version} · ${report.created.slice(0, 10)}`,
    notice: report.notice,
    methods: methods(whole),
    tables: [
      tableOne(report, 'withoutNormals'),
      ...(normals ? [tableOne(report, 'withNormals')] : []),
      ...ways.flatMap((which) => [
        overlapTable(report, which),
        volumeTable(report, which),
        reliabilityTable(report, which),
      ]),
      ...(report.groups.length > 0 ? [groupTable(report)] : []),
      ...(report.comparisons.length > 0 ? [comparisonTable(report)] : []),
      sampleSizeTable(report),
    ].map((table, i) => ({ ...table, caption: `Table ${i + 1}. ${table.caption}.` })),
    figures: figuresOf(report).map((figure, i) => ({
      ...figure,
      caption: `Figure ${i + 1}. ${figure.caption}`,
    })),
    notes: [...notes, ...missingNotes(whole), ...report.notes],
  }
}

/** For the methods of a paper: what was compared, how each figure is computed, with what. */
function methods(report: AgreementReport): string[] {
  const { reference, settings, software, structures } = report
  const raters = report.readings.filter(({ name }) => name !== reference)
  const drawn = structures.map(({ name, values }) =>
    values ? `${name} (label ${values.join(' + ')})` : `${name} (all that is marked)`,
  )
  const against = reference === null ? 'each other' : `the reference (${reference}) and each other`
  const resampling =
    settings.resamples > 0
      ? `Intervals of means are 95 % bootstrap intervals over cases (${settings.resamples} resamples, seed ${settings.seed}), bias-corrected and accelerated; percentile intervals are in report.json.`
      : 'No bootstrap intervals were computed.'
  return [
    `Segmentations of ${drawn.join(', ')} by ${listed(raters.map(({ name }) => name))} in ${report.cases.length} cases were compared with ${against}. ` +
      'Overlap is given by the Dice coefficient (twice the voxels in both by the sum of the voxels in each), the Jaccard index, sensitivity and precision; distances between surfaces in millimetres, with the spacing of the voxels, by the larger of the two directed 95th percentiles of the Hausdorff distance and the average symmetric surface distance; agreement of voxels by Cohen’s and Fleiss’ κ. ' +
      'A case in which neither of a pair marked the structure is left out of its means and counted; a case in which one of them did has a Dice coefficient of 0. SDs are computed with n − 1.',
    'Volumes were compared by Pearson’s correlation (t-test, Fisher’s z interval), Lin’s concordance, intraclass correlations ICC(2,1) and ICC(3,1), Bland–Altman bias and limits of agreement (1.96 SD), and Wilcoxon’s signed-rank test; Dice coefficients against the reference by Wilcoxon’s signed-rank and the Mann–Whitney test. p-values are two-sided; those called adjusted are by Holm over the pairs of a structure. ' +
      resampling,
    ...report.design,
    `Computed with ${software.name} ${software.version}. ${report.notice}.`,
  ]
}

function listed(names: string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`
}

const within = (bounds: Bounds | null, digits = 2): string =>
  bounds === null ? '–' : `${decimals(bounds.lower, digits)} to ${decimals(bounds.upper, digits)}`

const range = (low: number | null, high: number | null, digits = 2): string =>
  low === null || high === null ? '–' : `${decimals(low, digits)}–${decimals(high, digits)}`

const label = ({ structure, pair }: { structure: string; pair: string }): string[] => [structure, pair]

function overlapTable({ pairs }: AgreementReport, which: Normals): Table {
  const n =
    which === 'withoutNormals'
      ? 'n: cases with a lesion in either reading, and cases empty in both, which are left out'
      : `n: all cases; ${normalsNote(which)}, where the figure has a value`
  return {
    caption: `Overlap and surface distance: mean ± SD; Dice with its 95 % bootstrap interval (BCa) and range. ${n}`,
    head: [
      'Structure',
      'Pair',
      'n',
      'Dice',
      '95 %',
      'Range',
      'Jaccard',
      'Sensitivity',
      'Precision',
      'HD95, mm',
      'ASSD, mm',
      'κ',
    ],
    rows: pairs.map((pair) => {
      const { cases, dice, jaccard, sensitivity, precision, hausdorff95Mm, assdMm, kappa } = pair[which]
      return [
        ...label(pair),
        which === 'withoutNormals' && pair.bothEmpty > 0 ? `${cases} + ${pair.bothEmpty}` : `${cases}`,
        meanSd(dice),
        within(dice.bca ?? dice.percentile),
        range(dice.minimum, dice.maximum),
        ...[jaccard, sensitivity, precision].map((figure) => meanSd(figure)),
        ...[hausdorff95Mm, assdMm].map((figure) => meanSd(figure, 1)),
        meanSd(kappa),
      ]
    }),
  }
}

function volumeTable({ pairs }: AgreementReport, which: Normals): Table {
  return {
    caption: `Volume differences, first − second, ml: bias and limits of agreement with their 95 % intervals; p of Wilcoxon’s signed-rank test; ${normalsNote(which)}`,
    head: [
      'Structure',
      'Pair',
      'Bias',
      '95 %',
      'Lower limit',
      '95 %',
      'Upper limit',
      '95 %',
      'p',
      'p adjusted',
    ],
    rows: pairs.map((pair) => {
      const { blandAltman: bland, wilcoxon } = pair[which]
      return [
        ...label(pair),
        decimals(bland.bias, 1),
        within(bland.biasInterval, 1),
        decimals(bland.lower, 1),
        within(bland.lowerInterval, 1),
        decimals(bland.upper, 1),
        within(bland.upperInterval, 1),
        pValue(wilcoxon?.p ?? null),
        pValue(wilcoxon?.holm ?? null),
      ]
    }),
  }
}

function reliabilityTable({ pairs }: AgreementReport, which: Normals): Table {
  const cells = ({ [which]: own }: PairAgreement): string[] =>
    [own.pearson, own.concordance, own.icc21, own.icc31].flatMap(({ value, interval }) => [
      decimals(value, 3),
      within(interval, 3),
    ])
  return {
    caption: `Agreement of volumes: coefficients with their 95 % intervals; ${normalsNote(which)}`,
    head: [
      'Structure',
      'Pair',
      'Pearson r',
      '95 %',
      'p',
      'Lin’s CCC',
      '95 %',
      'ICC(2,1)',
      '95 %',
      'ICC(3,1)',
      '95 %',
    ],
    rows: pairs.map((pair) => {
      const [r, interval, ...rest] = cells(pair)
      return [...label(pair), r, interval, pValue(pair[which].pearson.p), ...rest]
    }),
  }
}

function groupTable({ groups }: AgreementReport): Table {
  return {
    caption:
      'All readers together, on the cases that all of them read: reliability of volumes, and κ of all voxels',
    head: ['Structure', 'Readings', 'Cases', 'ICC(2,1)', '95 %', 'ICC(3,1)', '95 %', 'Fleiss’ κ'],
    rows: groups.map(({ structure, readings, cases, icc21, icc31, fleissKappa }) => [
      structure,
      readings.join(', '),
      `${cases}`,
      decimals(icc21.value, 3),
      within(icc21.interval, 3),
      decimals(icc31.value, 3),
      within(icc31.interval, 3),
      decimals(fleissKappa, 3),
    ]),
  }
}

function comparisonTable({ comparisons }: AgreementReport): Table {
  return {
    caption:
      'Dice against the reference, reader by reader: p of Wilcoxon’s signed-rank and of the Mann–Whitney test',
    head: ['Structure', 'First', 'Second', 'Wilcoxon p', 'p adjusted', 'Mann–Whitney p', 'p adjusted'],
    rows: comparisons.map(({ structure, first, second, wilcoxon, mannWhitney }) => [
      structure,
      first,
      second,
      ...[wilcoxon?.p, wilcoxon?.holm, mannWhitney?.p, mannWhitney?.holm].map((p) => pValue(p ?? null)),
    ]),
  }
}

function sampleSizeTable({ sampleSize }: AgreementReport): Table {
  const [hint] = sampleSize
  const shown = (cases: number | null): string => (cases === null ? '–' : `${cases}`)
  return {
    caption: `Cases that a study like this one would need for a mean Dice known to ± ${hint.diceHalfWidth}, and for an ICC(2,1) with a 95 % interval ${hint.iccWidth} wide`,
    head: ['Structure', 'Pair', 'Cases for Dice', 'Cases for ICC'],
    rows: sampleSize.map((own) => [...label(own), shown(own.casesForDice), shown(own.casesForIcc)]),
  }
}

function missingNotes({ missing, readings }: AgreementReport): string[] {
  return readings.flatMap(({ name }) => {
    const cases = missing.filter(({ reading }) => reading === name).map((gap) => gap.case)
    return cases.length > 0 ? [`${name} has no drawing of ${cases.join(', ')}.`] : []
  })
}
