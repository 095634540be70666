import { bandOutline, type AgreementReport, type CaseAgreement, type PairAgreement } from '@contract'
import { decimals, pValue } from '../tables'
import { axisStyle, colourOf, drawSvg, ink, niceCeiling, panels, type Figure } from './chart'
import { fileNames } from './volumes'

const SIDE = 140
const FOOT = 8

const lesions = (report: AgreementReport, { pair, structure }: PairAgreement): CaseAgreement[] =>
  report.caseAgreement.filter(
    (found) => found.pair === pair && found.structure === structure && found.state !== 'both-empty',
  )

const pairsOf = (report: AgreementReport, s: number): PairAgreement[] =>
  report.pairs.filter(({ structure }) => structure === report.structures[s].name)

/** Of a title in two lines where one of the pairs is too long for one. */
const headOf = (pairs: PairAgreement[]): number => (pairs.some(({ pair }) => pair.length > 26) ? 50 : 34)

const titled = (pairs: PairAgreement[], cells: { left: number; top: number }[]): object[] =>
  pairs.map(({ pair, first, second }, i) => ({
    text: headOf(pairs) > 34 ? `${first}/\n${second}` : pair,
    left: cells[i].left - 6,
    top: cells[i].top - headOf(pairs) + 6,
    textStyle: { fontSize: 12, lineHeight: 14, fontWeight: 600, color: ink.text },
  }))

/** Volumes of two readings against each other, with the line of identity and the least squares line in its band. */
export function scatterFigure(report: AgreementReport, s: number): Figure {
  const own = pairsOf(report, s)
  const { width, height, cells } = panels(own.length, SIDE, FOOT, headOf(own))
  const structure = report.structures[s].name
  const axes = own.map((pair) => {
    const top = niceCeiling(
      1.04 * Math.max(0, ...lesions(report, pair).flatMap(({ firstMl, secondMl }) => [firstMl, secondMl])),
    )
    return { min: 0, max: top, interval: top / 2 }
  })
  const name = `scatter-${fileNames(report)[s]}`
  const svg = drawSvg(name, width, height, {
    title: titled(own, cells),
    grid: cells,
    xAxis: own.map(({ second }, gridIndex) => ({
      ...axisStyle,
      ...axes[gridIndex],
      type: 'value',
      gridIndex,
      name: `${second}, ml`,
      nameTruncate: { maxWidth: SIDE + 30 },
      nameLocation: 'middle',
      nameGap: 24,
    })),
    yAxis: own.map(({ first }, gridIndex) => ({
      ...axisStyle,
      ...axes[gridIndex],
      type: 'value',
      gridIndex,
      name: `${first}, ml`,
      nameTruncate: { maxWidth: SIDE + 20 },
      nameLocation: 'middle',
      nameGap: 34,
    })),
    series: own.flatMap((pair, i) => {
      const { slope, intercept, value } = pair.withoutNormals.pearson
      const top = axes[i].max
      const at = (second: number): [number, number] => [second, (slope ?? 0) * second + (intercept ?? 0)]
      const clipped = {
        type: 'line',
        xAxisIndex: i,
        yAxisIndex: i,
        silent: true,
        showSymbol: false,
        clip: true,
      }
      return [
        bandSeries(bandOutline(pair.withoutNormals.pearson, top), i),
        {
          ...clipped,
          lineStyle: { color: ink.faint, width: 1, type: 'dashed' },
          data: [
            [0, 0],
            [top, top],
          ],
        },
        ...(slope === null
          ? []
          : [{ ...clipped, lineStyle: { color: ink.text, width: 1.2 }, data: [at(0), at(top)] }]),
        {
          type: 'scatter',
          xAxisIndex: i,
          yAxisIndex: i,
          silent: true,
          symbolSize: 5,
          itemStyle: { color: colourOf(i, false), opacity: 0.75 },
          data: lesions(report, pair).map(({ firstMl, secondMl }) => [secondMl, firstMl]),
          markLine: note(`r = ${decimals(value, 3)}, p ${pWords(pair.withoutNormals.pearson.p)}`, top, top),
        },
      ]
    }),
  })
  return {
    name,
    caption: `Volumes of ${structure}: each pair of readings with the least squares line (solid), its 95 % confidence band (shaded) and the line of identity (dashed); r is Pearson’s.`,
    svg,
    width,
    height,
  }
}

/** The confidence band of a panel's line. */
function bandSeries(outline: [number, number][], panel: number): object {
  return {
    type: 'custom',
    xAxisIndex: panel,
    yAxisIndex: panel,
    silent: true,
    data: outline.length > 0 ? [[0, 0]] : [],
    renderItem: (_: unknown, api: { coord(at: number[]): number[] }) => ({
      type: 'polygon',
      shape: { points: outline.map((corner) => api.coord(corner)) },
      style: { fill: ink.rule, opacity: 0.75 },
    }),
  }
}

const pWords = (p: number | null): string => (pValue(p).startsWith('<') ? pValue(p) : `= ${pValue(p)}`)

/** Words in the top left corner of a panel: a mark line of no length carries them. */
function note(text: string, y: number, right: number): object {
  return {
    silent: true,
    symbol: 'none',
    lineStyle: { width: 0 },
    label: {
      show: true,
      position: 'start',
      formatter: text,
      fontSize: 10,
      color: ink.text,
      align: 'left',
      distance: 0,
    },
    data: [[{ coord: [0.06 * right, y * 0.95] }, { coord: [right, y * 0.95] }]],
  }
}

/** Difference against mean of the volumes, with bias and limits of agreement. */
export function blandAltmanFigure(report: AgreementReport, s: number): Figure {
  const own = pairsOf(report, s)
  const { width, height, cells } = panels(own.length, SIDE, FOOT, headOf(own))
  const structure = report.structures[s].name
  const reach = own.map((pair) => {
    const { lower, upper } = pair.withoutNormals.blandAltman
    const differences = lesions(report, pair).map(({ volumeDifferenceMl }) =>
      Math.abs(volumeDifferenceMl ?? 0),
    )
    return niceCeiling(1.05 * Math.max(0, Math.abs(lower ?? 0), Math.abs(upper ?? 0), ...differences))
  })
  const widest = own.map((pair) =>
    niceCeiling(
      1.02 * Math.max(0, ...lesions(report, pair).map(({ firstMl, secondMl }) => (firstMl + secondMl) / 2)),
    ),
  )
  const name = `bland-altman-${fileNames(report)[s]}`
  const svg = drawSvg(name, width, height, {
    title: titled(own, cells),
    grid: cells.map((cell) => ({ ...cell, width: cell.width - 18 })),
    xAxis: own.map((_, gridIndex) => ({
      ...axisStyle,
      type: 'value',
      gridIndex,
      min: 0,
      max: widest[gridIndex],
      interval: widest[gridIndex] / 2,
      axisLine: { ...axisStyle.axisLine, onZero: false },
      name: 'mean, ml',
      nameLocation: 'middle',
      nameGap: 24,
    })),
    yAxis: own.map((_, gridIndex) => ({
      ...axisStyle,
      type: 'value',
      gridIndex,
      min: -reach[gridIndex],
      max: reach[gridIndex],
      interval: reach[gridIndex] / 2,
      axisLabel: { ...axisStyle.axisLabel, formatter: (value: number) => String(value).replace('-', '−') },
      name: 'difference, ml',
      nameLocation: 'middle',
      nameGap: 34,
    })),
    series: own.map((pair, i) => {
      const { bias, lower, upper } = pair.withoutNormals.blandAltman
      const line = (y: number | null, type: 'solid' | 'dashed'): object[] =>
        y === null
          ? []
          : [
              {
                yAxis: y,
                lineStyle: { color: ink.text, width: 1, type },
                label: { formatter: decimals(y, 1) },
              },
            ]
      return {
        type: 'scatter',
        xAxisIndex: i,
        yAxisIndex: i,
        silent: true,
        symbolSize: 5,
        itemStyle: { color: colourOf(i, false), opacity: 0.75 },
        data: lesions(report, pair).map(({ firstMl, secondMl, volumeDifferenceMl }) => [
          (firstMl + secondMl) / 2,
          volumeDifferenceMl ?? 0,
        ]),
        markLine: {
          silent: true,
          symbol: 'none',
          label: { position: 'end', distance: 2, fontSize: 9, color: ink.text },
          data: [...line(bias, 'solid'), ...line(lower, 'dashed'), ...line(upper, 'dashed')],
        },
      }
    }),
  })
  return {
    name,
    caption: `Bland–Altman of ${structure}: first − second against their mean, with the bias (solid) and the 95 % limits of agreement (dashed).`,
    svg,
    width,
    height,
  }
}
