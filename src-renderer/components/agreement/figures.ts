import { bandOutline, type AgreementReport, type CaseAgreement, type PairAgreement } from '@contract'
import type { EChartsCoreOption } from 'echarts/core'
import type { Normals } from '../../stores/agreement'
import { decimals, pairColour, pValue, readingColour, within } from './numbers'

/** Which case, of which pair of readings, a point of a figure stands for. */
export interface PointOf {
  case: string
  pair: string
}

interface Point {
  value: (number | string)[]
  of: PointOf
}

const quiet = '#a4a9b0'
const line = '#363a41'
const ink = '#dfe1e4'

const axis = {
  axisLabel: { color: quiet, fontSize: 10 },
  nameTextStyle: { color: quiet, fontSize: 11 },
  axisLine: { lineStyle: { color: line } },
  axisTick: { lineStyle: { color: line } },
  splitLine: { lineStyle: { color: line } },
}
const middle = (name: string, gap: number): object => ({
  name,
  nameLocation: 'middle',
  nameGap: gap,
  nameTruncate: { maxWidth: 230 },
})
const tooltip = {
  backgroundColor: '#1b1d21',
  borderColor: line,
  textStyle: { color: ink, fontSize: 11 },
  confine: true,
}
const legend = {
  top: 0,
  itemWidth: 12,
  itemHeight: 9,
  textStyle: { color: quiet, fontSize: 11 },
  type: 'scroll',
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign)

/** The cases that a pair's means are made of. */
export const counted = (cases: CaseAgreement[], normals: Normals): CaseAgreement[] =>
  normals === 'withNormals' ? cases : cases.filter(({ state }) => state !== 'both-empty')

export const diceOf = ({ dice, state }: CaseAgreement): number | null => (state === 'both-empty' ? 1 : dice)

const caseTip = (all: readonly CaseAgreement[], report: AgreementReport) => (hovered: { data?: unknown }) => {
  const of = (hovered.data as Partial<Point> | undefined)?.of
  const found = of && all.find((each) => each.case === of.case && each.pair === of.pair)
  const pair = of && report.pairs.find((each) => each.pair === of.pair)
  if (!found || !pair) return ''
  return [
    `<b>${escaped(found.case)}</b>`,
    `Dice ${decimals(found.dice, 3)}`,
    `${escaped(pair.first)} ${decimals(found.firstMl)} ml`,
    `${escaped(pair.second)} ${decimals(found.secondMl)} ml`,
  ].join('<br>')
}

/** Volumes of a structure case by case, a bar a reading: figures 4 and 5 of the paper. A bar opens its case. */
export function volumesOption(
  report: AgreementReport,
  structure: string,
  readings: readonly string[],
  pairFor: (reading: string, name: string) => string,
): EChartsCoreOption {
  const s = report.structures.findIndex(({ name }) => name === structure)
  return {
    animation: false,
    grid: { left: 52, right: 12, top: 30, bottom: 58 },
    legend,
    tooltip: {
      ...tooltip,
      trigger: 'axis',
      axisPointer: { type: 'shadow' },
      valueFormatter: (value: unknown) => (typeof value === 'number' ? `${decimals(value)} ml` : 'not read'),
    },
    xAxis: {
      ...axis,
      type: 'category',
      data: report.cases.map(({ name }) => name),
      axisLabel: {
        ...axis.axisLabel,
        interval: 0,
        rotate: report.cases.length > 8 ? 40 : 0,
        width: Math.max(90, 800 / report.cases.length),
        overflow: 'truncate',
      },
    },
    yAxis: { ...axis, type: 'value', ...middle(`${structure}, ml`, 38) },
    series: readings.map((name) => {
      const r = report.readings.findIndex((each) => each.name === name)
      return {
        type: 'bar',
        name,
        barGap: '10%',
        // An empty reading is seen, and can be opened.
        barMinHeight: 2,
        barMaxWidth: 48,
        barCategoryGap: '30%',
        itemStyle: { color: readingColour(report.readings, name, report.reference) },
        data: report.cases.map((each) => ({
          value: each.volumesMl[s]?.[r] ?? '-',
          of: { case: each.name, pair: pairFor(name, each.name) },
        })),
      }
    }),
  }
}

/** The Dice coefficients of every case, pair by pair: quartiles as a box, a dot a case. */
export function diceOption(
  report: AgreementReport,
  pairs: readonly PairAgreement[],
  casesOf: (pair: string) => CaseAgreement[],
  normals: Normals,
): EChartsCoreOption {
  const shown = pairs.map(({ pair }) => counted(casesOf(pair), normals))
  const values = shown.map((cases) =>
    cases.flatMap((each) => diceOf(each) ?? []).sort((one, other) => one - other),
  )
  return {
    animation: false,
    grid: { left: 44, right: 12, top: 12, bottom: 46 },
    tooltip: { ...tooltip, formatter: caseTip(shown.flat(), report) },
    xAxis: {
      ...axis,
      type: 'category',
      data: pairs.map(({ pair }) => pair),
      axisLabel: { ...axis.axisLabel, interval: 0, width: 120, overflow: 'break' },
    },
    yAxis: { ...axis, type: 'value', min: 0, max: 1, ...middle('Dice', 30) },
    series: [
      {
        type: 'boxplot',
        silent: true,
        boxWidth: [8, 40],
        itemStyle: { color: 'transparent', borderColor: quiet },
        data: values.map((each) => (each.length > 0 ? quartiles(each) : [])),
        markLine: {
          silent: true,
          symbol: 'none',
          lineStyle: { color: quiet, type: 'dashed' },
          label: { show: false },
          data: [{ yAxis: 0.7 }],
        },
      },
      ...shown.map((cases, p) => ({
        type: 'custom',
        itemStyle: { color: pairColour(p) },
        renderItem: dot,
        // The third value spreads the dots over the box.
        data: cases.flatMap((each, i): Point[] => {
          const dice = diceOf(each)
          return dice === null
            ? []
            : [{ value: [p, dice, ((i * 7) % 11) - 5], of: { case: each.case, pair: pairs[p].pair } }]
        }),
      })),
    ],
  }
}

function dot(
  _: unknown,
  api: { value(i: number): number; coord(at: number[]): number[]; visual(name: string): string },
): object {
  const [x, y] = api.coord([api.value(0), api.value(1)])
  return {
    type: 'circle',
    shape: { cx: x + 2 * api.value(2), cy: y, r: 4 },
    style: { fill: api.visual('color'), opacity: 0.8 },
  }
}

/** Minimum, quartiles and maximum, as numpy interpolates them. */
function quartiles(sorted: readonly number[]): number[] {
  return [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const place = share * (sorted.length - 1)
    const below = Math.floor(place)
    const above = Math.min(sorted.length - 1, below + 1)
    return sorted[below] + (place - below) * (sorted[above] - sorted[below])
  })
}

const points = (
  cases: CaseAgreement[],
  of: (each: CaseAgreement) => [number, number],
  colour: string,
): object => ({
  type: 'scatter',
  symbolSize: 9,
  itemStyle: { color: colour, opacity: 0.85 },
  emphasis: { scale: 1.4 },
  data: cases.map((each): Point => ({ value: of(each), of: { case: each.case, pair: each.pair } })),
})

/** The volumes of two readings against each other, with the least squares line in its band and the line of identity. */
export function scatterOption(
  report: AgreementReport,
  pair: PairAgreement,
  cases: CaseAgreement[],
  normals: Normals,
  colour: string,
): EChartsCoreOption {
  const shown = counted(cases, normals)
  const { slope, intercept } = pair[normals].pearson
  const top = niceCeiling(Math.max(0, ...shown.flatMap(({ firstMl, secondMl }) => [firstMl, secondMl])))
  const band = bandOutline(pair[normals].pearson, top)
  const straight = (a: number, b: number, type: 'solid' | 'dashed', stroke: string): object => ({
    type: 'line',
    silent: true,
    showSymbol: false,
    clip: true,
    tooltip: { show: false },
    lineStyle: { color: stroke, width: 1.4, type },
    data: [
      [0, b],
      [top, a * top + b],
    ],
  })
  return {
    animation: false,
    grid: { left: 56, right: 16, top: 14, bottom: 44 },
    tooltip: { ...tooltip, formatter: caseTip(shown, report) },
    xAxis: { ...axis, type: 'value', min: 0, max: top, ...middle(`${pair.second}, ml`, 26) },
    yAxis: { ...axis, type: 'value', min: 0, max: top, ...middle(`${pair.first}, ml`, 40) },
    series: [
      {
        type: 'custom',
        silent: true,
        tooltip: { show: false },
        data: band.length > 0 ? [[0, 0]] : [],
        renderItem: (_: unknown, api: { coord(at: number[]): number[] }) => ({
          type: 'polygon',
          shape: { points: band.map((corner) => api.coord(corner)) },
          style: { fill: quiet, opacity: 0.18 },
        }),
      },
      straight(1, 0, 'dashed', quiet),
      ...(slope === null || intercept === null ? [] : [straight(slope, intercept, 'solid', ink)]),
      points(shown, ({ firstMl, secondMl }) => [secondMl, firstMl], colour),
    ],
  }
}

export function pearsonWords(pair: PairAgreement, normals: Normals): string {
  const { value, interval, p, n } = pair[normals].pearson
  if (value === null) return `${n === 1 ? 'one case' : `${n} cases`}: no correlation can be given`
  const range = interval ? ` (95 % ${within(interval)})` : ''
  const chance = pValue(p)
  return `r = ${decimals(value, 3)}${range}, p ${chance.startsWith('<') ? chance : `= ${chance}`}, n = ${n}`
}

/** The difference of two readings' volumes against their mean, with bias and limits and the intervals of each. */
export function blandAltmanOption(
  report: AgreementReport,
  pair: PairAgreement,
  cases: CaseAgreement[],
  normals: Normals,
  colour: string,
): EChartsCoreOption {
  const shown = counted(cases, normals)
  const { bias, lower, upper, biasInterval, lowerInterval, upperInterval } = pair[normals].blandAltman
  const reach = niceCeiling(
    1.1 *
      Math.max(
        0,
        ...[lower, upper, ...shown.map((each) => each.volumeDifferenceMl)].map((v) => Math.abs(v ?? 0)),
      ),
  )
  const mean = ({ firstMl, secondMl }: CaseAgreement): number => (firstMl + secondMl) / 2
  const rule = (y: number | null, type: 'solid' | 'dashed'): object[] =>
    y === null ? [] : [{ yAxis: y, lineStyle: { color: ink, type }, label: { formatter: decimals(y, 1) } }]
  const intervals = [biasInterval, lowerInterval, upperInterval].flatMap((bounds) =>
    bounds ? [[{ yAxis: bounds.lower }, { yAxis: bounds.upper }]] : [],
  )
  return {
    animation: false,
    grid: { left: 56, right: 44, top: 14, bottom: 44 },
    tooltip: { ...tooltip, formatter: caseTip(shown, report) },
    xAxis: {
      ...axis,
      type: 'value',
      min: 0,
      max: niceCeiling(Math.max(0, ...shown.map(mean))),
      axisLine: { ...axis.axisLine, onZero: false },
      ...middle('mean of the two, ml', 26),
    },
    yAxis: {
      ...axis,
      type: 'value',
      min: -reach,
      max: reach,
      axisLabel: { ...axis.axisLabel, formatter: (value: number) => String(value).replace('-', '−') },
      ...middle('first − second, ml', 40),
    },
    series: [
      {
        ...points(shown, (each) => [mean(each), each.volumeDifferenceMl ?? 0], colour),
        markLine: {
          silent: true,
          symbol: 'none',
          label: { position: 'end', fontSize: 10, color: ink },
          data: [...rule(bias, 'solid'), ...rule(lower, 'dashed'), ...rule(upper, 'dashed')],
        },
        markArea: { silent: true, itemStyle: { color: quiet, opacity: 0.12 }, data: intervals },
      },
    ],
  }
}

/** A round number at or above a value, for the end of an axis. */
function niceCeiling(value: number): number {
  if (!(value > 0)) return 1
  const unit = 10 ** Math.floor(Math.log10(value))
  const step = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((each) => each * unit >= value) ?? 10
  return Number((step * unit).toPrecision(3))
}
