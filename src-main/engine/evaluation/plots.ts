import { LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { experiments, type ExperimentName } from './experiments'
import { judgedMaps, type Finding } from './evaluate'

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer])

const PANEL = { width: 300, height: 240 }

const mean = (values: (number | null)[]): number | null => {
  const known = values.filter((value): value is number => value !== null)
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : null
}

/** An experiment as SVG: r of each map and both Dice coefficients over the conditions, a line a method. */
export function experimentPlot(experiment: ExperimentName, findings: readonly Finding[]): string {
  const own = findings.filter((finding) => finding.experiment === experiment)
  const methods = [...new Set(own.map(({ method }) => method))]
  const labels = experiments[experiment].conditions.map(({ label }) => label)
  const panels: { title: string; of: (finding: Finding) => number | null }[] = [
    ...judgedMaps.map((map) => ({
      title: `r, ${map.toUpperCase()}`,
      of: ({ maps }: Finding) => maps[map].pearson,
    })),
    { title: 'Dice, core', of: ({ dice }) => dice.core },
    { title: 'Dice, hypoperfused', of: ({ dice }) => dice.hypoperfused },
  ]
  const chart = init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: PANEL.width * panels.length,
    height: PANEL.height + 40,
  })
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    legend: { bottom: 4, data: methods },
    title: panels.map(({ title }, i) => ({
      text: title,
      left: i * PANEL.width + 48,
      top: 6,
      textStyle: { fontSize: 13 },
    })),
    grid: panels.map((_, i) => ({
      left: i * PANEL.width + 44,
      top: 36,
      width: PANEL.width - 70,
      height: PANEL.height - 100,
    })),
    xAxis: panels.map((_, gridIndex) => ({
      type: 'category',
      data: labels,
      gridIndex,
      axisLabel: { rotate: 30, fontSize: 10 },
    })),
    yAxis: panels.map((_, gridIndex) => ({ type: 'value', min: 0, max: 1, gridIndex })),
    series: panels.flatMap(({ of }, index) =>
      methods.map((method) => ({
        type: 'line',
        name: method,
        xAxisIndex: index,
        yAxisIndex: index,
        lineStyle: { width: method === 'cnn' ? 3 : 1.5 },
        data: labels.map((label) =>
          mean(own.filter((finding) => finding.method === method && finding.condition === label).map(of)),
        ),
      })),
    ),
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}
