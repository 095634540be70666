import { caseFigures, type AgreementReport, type FigureSummary, type PairAgreement } from '@contract'
import { csv } from '../files/csv'

/** A line a case, pair and structure. */
export function casesCsv({ caseAgreement }: AgreementReport): string {
  const head = ['case', 'structure', 'pair', 'state', 'firstMl', 'secondMl', ...caseFigures]
  return csv([
    head,
    ...caseAgreement.map((row) => [
      row.case,
      row.structure,
      row.pair,
      row.state,
      row.firstMl,
      row.secondMl,
      ...caseFigures.map((figure) => row[figure]),
    ]),
  ])
}

/** A line a pair, structure and way to count normals. */
export function pairsCsv({ pairs }: AgreementReport): string {
  const summary = ['n', 'mean', 'sd', 'median', 'minimum', 'maximum'] as const
  const coefficients = ['pearson', 'concordance', 'icc21', 'icc31'] as const
  const bounds = (name: string): string[] => [`${name}_lower`, `${name}_upper`]
  const head = [
    ...['structure', 'pair', 'kind', 'normals', 'cases', 'bothEmpty', 'firstEmpty', 'secondEmpty'],
    ...caseFigures.flatMap((figure) => [
      ...summary.map((part) => `${figure}_${part}`),
      ...bounds(`${figure}_percentile`),
      ...bounds(`${figure}_bca`),
    ]),
    ...coefficients.flatMap((name) => [name, ...bounds(name), ...bounds(`${name}_bca`)]),
    ...['pearson_p', 'blandAltman_bias', 'blandAltman_sd', 'blandAltman_lower', 'blandAltman_upper'],
    ...['wilcoxon_p', 'wilcoxon_holm'],
  ]
  const rows = pairs.flatMap((pair) =>
    (['withoutNormals', 'withNormals'] as const).map((which) => {
      const own = pair[which]
      return [
        ...[pair.structure, pair.pair, pair.kind, which === 'withNormals' ? 'counted' : 'left out'],
        ...[own.cases, pair.bothEmpty, pair.firstEmpty, pair.secondEmpty],
        ...caseFigures.flatMap((figure) => {
          const { percentile, bca } = own[figure]
          return [
            ...summary.map((part) => own[figure][part]),
            ...[percentile?.lower ?? null, percentile?.upper ?? null, bca?.lower ?? null, bca?.upper ?? null],
          ]
        }),
        ...coefficients.flatMap((name) => {
          const { value, interval, bca } = own[name]
          return [
            value,
            ...[interval?.lower ?? null, interval?.upper ?? null, bca?.lower ?? null, bca?.upper ?? null],
          ]
        }),
        own.pearson.p,
        own.blandAltman.bias,
        own.blandAltman.sd,
        own.blandAltman.lower,
        own.blandAltman.upper,
        own.wilcoxon?.p ?? null,
        own.wilcoxon?.holm ?? null,
      ]
    }),
  )
  return csv([head, ...rows])
}

/** A table as words: what Markdown, HTML and PDF show alike. */
export interface Table {
  caption: string
  head: string[]
  rows: string[][]
}

export const decimals = (value: number | null, digits = 2): string =>
  value === null ? '–' : value.toFixed(digits).replace(/^-/, '−')

/** One case has no standard deviation. */
export const meanSd = ({ mean, sd }: Pick<FigureSummary, 'mean' | 'sd'>, digits = 2): string =>
  sd === null ? decimals(mean, digits) : `${decimals(mean, digits)} ± ${decimals(sd, digits)}`

export function pValue(p: number | null): string {
  if (p === null) return '–'
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}

/** Pairs of the report in order, each once. */
export const pairNames = ({ pairs }: AgreementReport): string[] => [...new Set(pairs.map(({ pair }) => pair))]

export function pairOf(report: AgreementReport, pair: string, structure: string): PairAgreement | undefined {
  return report.pairs.find((candidate) => candidate.pair === pair && candidate.structure === structure)
}

export type Normals = 'withoutNormals' | 'withNormals'

export const normalsNote = (which: Normals): string =>
  which === 'withoutNormals'
    ? 'cases that both left empty are left out'
    : 'cases that both left empty count as agreement'

/**
 * Table 1 of Gava et al. (Front Neuroinform 2023;17:852105): mean ± SD of the Dice coefficient and Pearson's r of the
 * lesion volumes, a column a structure.
 */
export function tableOne(report: AgreementReport, which: Normals): Table {
  const structures = report.structures.map(({ name }) => name)
  const row = (label: string, pair: string, of: (found: PairAgreement) => string): string[] => [
    `${pair} ${label}`,
    ...structures.map((structure) => {
      const found = pairOf(report, pair, structure)
      return found ? of(found) : '–'
    }),
  ]
  const pairs = pairNames(report)
  return {
    caption: `Average Dice coefficients (mean ± SD) and Pearson correlation of lesion volumes; ${normalsNote(which)}`,
    head: ['', ...structures],
    rows: [
      ...pairs.map((pair) => row('(DSC)', pair, (found) => meanSd(found[which].dice))),
      ...pairs.map((pair) => row('Pearson r', pair, (found) => decimals(found[which].pearson.value))),
    ],
  }
}

/** The paper's way, and the other. */
export const tablesOne = (report: AgreementReport): Table[] => [
  tableOne(report, 'withoutNormals'),
  tableOne(report, 'withNormals'),
]

export function markdownTable({ caption, head, rows }: Table): string {
  const line = (cells: string[]): string =>
    `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`
  return [`**${caption}**`, '', line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n')
}
