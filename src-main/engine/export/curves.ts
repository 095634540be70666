import { LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent } from 'echarts/components'
import { init, use, type EChartsCoreOption } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { VascularInput } from '@contract'
import type { PerfusionMaps } from '../perfusion'
import type { VolumeSeries } from '../volume'
import { blankPicture, drawSvg, encodePng, FONT } from './raster'
import { ink, label, rule, shortened, svgDocument } from './svg'
import { NOT_FOR_DIAGNOSIS } from './words'

use([LineChart, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, SVGRenderer])

const WIDTH = 1280
const HEIGHT = 800
const MARGIN = 32
const HEAD = 92
const PANEL = 136

/**
 * The arterial input and venous output over time as a PNG: enhancement against seconds from the first frame, the
 * artery also as it was scaled for deconvolution, the baseline shaded, bolus arrival marked, and beneath it how good
 * each curve is and why.
 */
export async function curvesPng(
  series: VolumeSeries,
  result: PerfusionMaps,
  created: Date,
): Promise<Uint8Array> {
  const picture = blankPicture(WIDTH, HEIGHT, ink.page)
  await drawSvg(picture, chartSvg(series, result))
  await drawSvg(picture, svgDocument(WIDTH, HEIGHT, [...heading(series, created), ...panels(series, result)]))
  return encodePng(picture)
}

function chartSvg(series: VolumeSeries, result: PerfusionMaps): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT })
  chart.setOption(chartOption(series, result))
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}

function chartOption(series: VolumeSeries, result: PerfusionMaps): EChartsCoreOption {
  const { aif, vof } = result
  const axis = {
    nameLocation: 'middle',
    nameTextStyle: { color: ink.normal, fontSize: 13 },
    axisLabel: { color: ink.faint, fontSize: 12 },
    axisLine: { show: true, lineStyle: { color: ink.faint } },
    splitLine: { lineStyle: { color: ink.rule } },
  }
  const lines = [line('Arterial input (AIF)', aif.times, aif.curve, ink.artery)]
  if (aif.scale !== 1) {
    const scaled = aif.curve.map((value) => value * aif.scale)
    lines.push(line(`AIF × ${aif.scale.toFixed(2)}, as deconvolved`, aif.times, scaled, ink.artery, 'dashed'))
  }
  if (vof) lines.push(line('Venous output (VOF)', vof.times, vof.curve, ink.vein))
  Object.assign(lines[0], marks(result))
  return {
    animation: false,
    textStyle: { fontFamily: FONT },
    legend: { top: HEAD - 4, right: MARGIN, itemGap: 24, textStyle: { color: ink.normal, fontSize: 13 } },
    grid: { left: MARGIN + 56, right: MARGIN, top: HEAD + 40, bottom: PANEL + 64 },
    xAxis: {
      type: 'value',
      min: 0,
      max: Math.max(...aif.times, ...(vof?.times ?? [])),
      name: 'Time from the first frame (s)',
      nameGap: 34,
      ...axis,
    },
    yAxis: {
      type: 'value',
      // Noise about the baseline is drawn over the axis rather than given a band of its own.
      min: ({ min, max }: { min: number; max: number }) => (min > -0.06 * max ? 0 : null),
      name: enhancementName(series),
      nameGap: 52,
      ...axis,
    },
    series: lines,
  }
}

function line(
  name: string,
  times: number[],
  curve: number[],
  colour: string,
  type: 'solid' | 'dashed' = 'solid',
): Record<string, unknown> {
  return {
    name,
    type: 'line',
    data: curve.map((value, i) => [times[i], value]),
    symbol: type === 'solid' ? 'circle' : 'none',
    symbolSize: 4,
    showAllSymbol: true,
    clip: false,
    lineStyle: { width: 2, color: colour, type, opacity: type === 'solid' ? 1 : 0.75 },
    itemStyle: { color: colour },
  }
}

/** The baseline as a band and bolus arrival as a line. */
function marks(result: PerfusionMaps): Record<string, unknown> {
  return {
    markArea: {
      silent: true,
      itemStyle: { color: 'rgba(255,255,255,0.045)' },
      label: { color: ink.faint, fontSize: 12, position: 'insideTop', distance: 10 },
      data: [[{ name: 'Baseline', xAxis: 0 }, { xAxis: result.arrival }]],
    },
    markLine: {
      silent: true,
      symbol: 'none',
      lineStyle: { color: ink.faint, type: 'dashed', width: 1 },
      label: {
        formatter: `Arrival ${result.arrival.toFixed(1)} s`,
        color: ink.normal,
        fontSize: 12,
        position: 'insideEndTop',
        rotate: 90,
      },
      data: [{ xAxis: result.arrival }],
    },
  }
}

function enhancementName(series: VolumeSeries): string {
  return series.kind === 'mr-perfusion' ? 'Relative concentration' : `Enhancement (Δ${series.unit || 'HU'})`
}

function heading(series: VolumeSeries, created: Date): string[] {
  const description = shortened(series.description || 'Perfusion series', 70)
  return [
    label(MARGIN, 42, 'Arterial input and venous output', { size: 22, bold: true, fill: ink.strong }),
    label(MARGIN, 64, description, { size: 13 }),
    label(WIDTH - MARGIN, 42, NOT_FOR_DIAGNOSIS, { size: 13, bold: true, fill: ink.warning, anchor: 'end' }),
    label(WIDTH - MARGIN, 64, `Umbra ${__UMBRA_VERSION__} · ${created.toISOString().slice(0, 10)}`, {
      size: 12,
      fill: ink.faint,
      anchor: 'end',
    }),
    rule(MARGIN, 78, WIDTH - MARGIN, 78),
  ]
}

function panels(series: VolumeSeries, result: PerfusionMaps): string[] {
  const top = HEIGHT - PANEL
  const half = (WIDTH - 3 * MARGIN) / 2
  const unit = series.kind === 'mr-perfusion' ? '' : ` ${series.unit || 'HU'}`
  const right = MARGIN * 2 + half
  return [
    rule(MARGIN, top, WIDTH - MARGIN, top),
    ...panel(MARGIN, top, half, 'Arterial input', ink.artery, unit, result.aif),
    ...(result.vof
      ? panel(right, top, half, 'Venous output', ink.vein, unit, result.vof)
      : [label(right, top + 32, 'No venous output was found', { size: 14, fill: ink.faint })]),
  ]
}

function panel(
  left: number,
  top: number,
  width: number,
  title: string,
  colour: string,
  unit: string,
  input: VascularInput,
): string[] {
  const { quality } = input
  const figures: [string, string][] = [
    ['Quality', `${quality.grade} (${quality.score.toFixed(2)})`],
    ['Peak', `${quality.peak.toFixed(unit ? 0 : 2)}${unit}`],
    ['Time to peak', `${quality.timeToPeak.toFixed(1)} s`],
    ['Width at half', `${quality.fullWidthHalfMaximum.toFixed(1)} s`],
    ['Voxels', String(input.voxels.length)],
    ['Scale', `× ${input.scale.toFixed(2)}`],
  ]
  const step = width / figures.length
  return [
    `<circle cx="${left + 5}" cy="${top + 25}" r="5" fill="${colour}"/>`,
    label(left + 18, top + 30, title, { size: 14, bold: true, fill: ink.strong }),
    ...figures.flatMap(([name, value], i) => [
      label(left + i * step, top + 58, name, { size: 11, fill: ink.faint }),
      label(left + i * step, top + 77, value, { size: 14, fill: ink.strong }),
    ]),
    ...quality.reasons.slice(0, 2).map((reason, i) =>
      label(left, top + 101 + i * 17, shortened(reason, Math.floor(width / 6.2)), {
        size: 12,
        fill: quality.grade === 'good' ? ink.faint : ink.warning,
      }),
    ),
  ]
}
