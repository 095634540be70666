import type { AgreementReport } from '@contract'
import { axisStyle, colourOf, drawSvg, legendOf, niceCeiling, type Figure } from './chart'

/** More cases go on rows of their own. */
const CASES_A_ROW = 30
const WIDTH = 720
const ROW = 210

/** Volumes of a structure case by case, a bar a reading: figures 4 and 5 of Gava et al. (2023). */
export function volumesFigure(report: AgreementReport, s: number): Figure {
  const { cases, readings, reference } = report
  const structure = report.structures[s].name
  const rows = Array.from({ length: Math.ceil(cases.length / CASES_A_ROW) }, (_, row) =>
    cases.slice(row * CASES_A_ROW, (row + 1) * CASES_A_ROW),
  )
  const legend = legendOf(
    readings.map((reading) => reading.name),
    WIDTH,
  )
  const height = rows.length * ROW + 30 + legend.more
  const name = `volumes-${fileNames(report)[s]}`
  const svg = drawSvg(name, WIDTH, height, {
    legend: legend.option,
    grid: rows.map((_, row) => ({
      left: 56,
      right: 12,
      top: 34 + legend.more + row * ROW,
      height: ROW - 74,
    })),
    xAxis: rows.map((own, gridIndex) => ({
      ...axisStyle,
      type: 'category',
      gridIndex,
      data: own.map(({ name }) => name),
      axisLabel: {
        ...axisStyle.axisLabel,
        rotate: 45,
        fontSize: 9,
        interval: 0,
        width: 62,
        overflow: 'truncate',
      },
    })),
    yAxis: rows.map((_, gridIndex) => ({
      ...axisStyle,
      type: 'value',
      gridIndex,
      name: 'ml',
      min: 0,
      max: largest(report, s),
    })),
    series: rows.flatMap((own, row) =>
      readings.map(({ name: reader }, r) => ({
        type: 'bar',
        name: reader,
        silent: true,
        xAxisIndex: row,
        yAxisIndex: row,
        barGap: '8%',
        barCategoryGap: '28%',
        itemStyle: { color: colourOf(r, reader === reference) },
        data: own.map(({ volumesMl }) => volumesMl[s][r]),
      })),
    ),
  })
  return {
    name,
    caption: `Volumes of ${structure} by case and reader, ml.`,
    svg,
    width: WIDTH,
    height,
  }
}

function largest({ cases }: AgreementReport, s: number): number | undefined {
  // One scale for all rows, so that they can be compared.
  if (cases.length <= CASES_A_ROW) return undefined
  const top = Math.max(0, ...cases.flatMap(({ volumesMl }) => volumesMl[s].map((volume) => volume ?? 0)))
  return Math.max(1, niceCeiling(top))
}

/** Each structure's name as part of a file name that no other structure has. */
export function fileNames({ structures }: Pick<AgreementReport, 'structures'>): string[] {
  const taken: string[] = []
  for (const { name } of structures) {
    const wanted = fileName(name)
    let own = wanted
    for (let n = 2; taken.includes(own); n++) own = `${wanted}-${n}`
    taken.push(own)
  }
  return taken
}

/** A structure's name as part of a file name. */
export function fileName(name: string): string {
  return (
    name
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'structure'
  )
}
