import { BarChart, BoxplotChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components'
import { init, use, type EChartsCoreOption } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([
  BarChart,
  BoxplotChart,
  CustomChart,
  LineChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
  SVGRenderer,
])

/** A figure of the report: an SVG of this size in its own units, and what it shows. */
export interface Figure {
  /** File name without its ending. */
  name: string
  caption: string
  svg: string
  width: number
  height: number
}

export const ink = { text: '#1d2430', faint: '#6b7482', rule: '#d9dde3', reference: '#4a5361' }

/** Colours that remain apart for the colour-blind (Okabe & Ito 2008), the reference in grey. */
const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8c6d1f', '#332288']

export function colourOf(place: number, isReference: boolean): string {
  return isReference ? ink.reference : palette[place % palette.length]
}

export const axisStyle = {
  axisLine: { lineStyle: { color: ink.faint } },
  axisTick: { lineStyle: { color: ink.faint } },
  axisLabel: { color: ink.text, fontSize: 10 },
  nameTextStyle: { color: ink.text, fontSize: 11 },
  splitLine: { lineStyle: { color: ink.rule, width: 0.6 } },
}

/** The text of an SVG file. The same option gives the same bytes, whatever was drawn before it. */
export function drawSvg(name: string, width: number, height: number, option: EChartsCoreOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#fff',
      textStyle: { fontFamily: 'Inter', color: ink.text },
      ...option,
    })
    return forPaper(chart.renderToSVGString(), name)
  } finally {
    chart.dispose()
  }
}

/**
 * Without what only a pointer that hovers needs, and with names that do not count on from chart to chart but are the
 * figure's own: several figures stand in one page.
 */
function forPaper(svg: string, name: string): string {
  return svg
    .replace(/<style[^>]*>[\s\S]*?<\/style>/g, '')
    .replace(/ (?:class="zr[^"]*"|ecmeta_\w+="[^"]*")/g, '')
    .replace(/\bzr\d+-/g, `${name}-`)
}

/** A legend over a figure of this width, and how much more room it takes than one line of it does. */
export function legendOf(names: string[], width: number): { option: object; more: number } {
  // Inter at this size is hardly ever wider; the sign and the gaps beside it come on top.
  const widths = names.map(({ length }) => 7 * length + 30)
  let [lines, filled] = [1, 0]
  for (const own of widths) {
    if (filled > 0 && filled + own > width) [lines, filled] = [lines + 1, 0]
    filled += own
  }
  return { option: { top: 4, data: names, itemWidth: 12, itemHeight: 9 }, more: (lines - 1) * 22 }
}

/** Panels side by side, three a row at most, each with room for its axes and its title. */
export interface PanelLayout {
  width: number
  height: number
  cells: { left: number; top: number; width: number; height: number }[]
}

export function panels(count: number, side: number, foot: number, head: number): PanelLayout {
  const across = Math.max(1, Math.min(3, count))
  const cell = { width: 240, height: side + head + 50 }
  return {
    width: Math.max(2, across) * cell.width,
    height: Math.ceil(count / across) * cell.height + foot,
    cells: Array.from({ length: count }, (_, i) => ({
      left: (i % across) * cell.width + 52,
      top: Math.floor(i / across) * cell.height + head,
      width: cell.width - 70,
      height: side,
    })),
  }
}

/** A round number at or above a value, for the end of an axis. */
export function niceCeiling(value: number): number {
  if (!(value > 0)) return 1
  const unit = 10 ** Math.floor(Math.log10(value))
  return (
    [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((step) => step * unit).find((step) => step >= value) ?? 10 * unit
  )
}
