import type { AgreementReport } from '@contract'
import { quantilesOf } from '../../agreement'
import { pairNames } from '../tables'
import { axisStyle, colourOf, drawSvg, ink, legendOf, type Figure } from './chart'

const HEIGHT = 300

/** The Dice coefficients of all cases, pair by pair: quartiles as a box, whiskers to the extremes, a dot a case. */
export function diceFigure(report: AgreementReport): Figure {
  const pairs = pairNames(report)
  const structures = report.structures.map(({ name }) => name)
  const width = Math.max(480, Math.min(720, 90 * pairs.length * Math.max(1, structures.length * 0.6) + 90))
  const valuesOf = (pair: string, structure: string): number[] =>
    report.caseAgreement
      .filter((found) => found.pair === pair && found.structure === structure)
      .flatMap(({ dice }) => (dice === null ? [] : [dice]))
  const legend = legendOf(structures, width)
  const height = HEIGHT + legend.more
  const turned = pairs.length > 4
  const svg = drawSvg('dice', width, height, {
    legend: legend.option,
    grid: { left: 52, right: 14, top: 36 + legend.more, bottom: turned ? 76 : 62 },
    xAxis: {
      ...axisStyle,
      type: 'category',
      data: pairs,
      axisLabel: {
        ...axisStyle.axisLabel,
        interval: 0,
        lineHeight: 12,
        rotate: turned ? 25 : 0,
        width: turned ? 130 : (width - 66) / pairs.length - 6,
        overflow: turned ? 'truncate' : 'break',
      },
    },
    yAxis: { ...axisStyle, type: 'value', min: 0, max: 1, name: 'Dice', nameLocation: 'middle', nameGap: 34 },
    series: [
      goodLine,
      ...structures.flatMap((structure, s): object[] => {
        const colour = colourOf(s, false)
        const shift = (s - (structures.length - 1) / 2) * (0.8 / structures.length)
        return [
          {
            type: 'boxplot',
            name: structure,
            silent: true,
            boxWidth: [6, 26],
            // A filled box would cover the dots, which are drawn below it.
            itemStyle: { color: 'transparent', borderColor: colour, borderWidth: 1.4 },
            data: pairs.map((pair) => {
              const values = valuesOf(pair, structure)
              return values.length > 0 ? quantilesOf(values, [0, 0.25, 0.5, 0.75, 1]) : []
            }),
          },
          {
            type: 'custom',
            name: structure,
            silent: true,
            itemStyle: { color: colour },
            renderItem: (
              _: unknown,
              api: { value(i: number): number; coord(at: number[]): number[]; size(at: number[]): number[] },
            ) => {
              const [x, y] = api.coord([api.value(0), api.value(1)])
              const across = api.size([1, 0])[0] * shift
              return {
                type: 'circle',
                shape: { cx: x + across + api.value(2), cy: y, r: 1.9 },
                style: { fill: colour, opacity: 0.55 },
              }
            },
            data: pairs.flatMap((pair, p) =>
              valuesOf(pair, structure).map((dice, i) => [p, dice, ((i * 7) % 11) - 5]),
            ),
          },
        ]
      }),
    ],
  })
  return {
    name: 'dice',
    caption:
      'Dice coefficients by pair of readings: box from the first to the third quartile with the median, whiskers to the extremes, a dot a case; cases that both left empty are left out. The dashed line at 0.70 is where agreement is called good.',
    svg,
    width,
    height,
  }
}

/** Where agreement is called good (Zijdenbos et al., IEEE Trans Med Imaging 1994;13:716). */
const goodLine = {
  type: 'line',
  silent: true,
  data: [],
  markLine: {
    silent: true,
    symbol: 'none',
    label: { show: false },
    lineStyle: { color: ink.faint, type: 'dashed', width: 1 },
    data: [{ yAxis: 0.7 }],
  },
}
