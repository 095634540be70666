import type { CurveSample, VascularInput } from '@contract'
import type { EChartsCoreOption } from 'echarts/core'

export interface CurveData {
  sample: CurveSample | null
  /** What the sample is of: "Voxel 120, 96, 7". */
  label: string
  aif: VascularInput | null
  vof: VascularInput | null
  unit: string
  /** Seconds the time axis runs to. */
  duration: number
}

export const curveColours = { sample: '#e6e8ea', fitted: '#c9a96a', aif: '#ff6a5e', vof: '#6aa3ff' }

/** Pixels around the plot; the time cursor, drawn over the chart, keeps to them. */
export const CURVE_GRID = { left: 42, right: 44, top: 46, bottom: 34 }

const quiet = '#a4a9b0'
const line = '#363a41'
const pairs = (times: readonly number[], values: readonly number[]): [number, number][] =>
  times.map((time, i) => [time, values[i]])

/**
 * The chart of time curves: the sample with its fitted model on the left axis, in the unit of the series; the vascular
 * curves, which are many times larger, as enhancement on the right.
 */
export function curveOption({ sample, label, aif, vof, unit, duration }: CurveData): EChartsCoreOption {
  const line2d = {
    type: 'line',
    showSymbol: false,
    animation: false,
    lineStyle: { width: 1.5 },
    emphasis: { disabled: true },
  }
  const series: Record<string, unknown>[] = []
  if (sample !== null && sample.voxels > 1) {
    const lower = sample.values.map((value, i) => value - sample.deviation[i])
    const band = {
      ...line2d,
      silent: true,
      stack: 'deviation',
      lineStyle: { opacity: 0 },
      tooltip: { show: false },
    }
    series.push({ ...band, id: 'lower', data: pairs(sample.times, lower), areaStyle: { opacity: 0 } })
    series.push({
      ...band,
      id: 'band',
      data: pairs(
        sample.times,
        sample.deviation.map((value) => 2 * value),
      ),
      areaStyle: { color: curveColours.sample, opacity: 0.13 },
      stackStrategy: 'all',
    })
  }
  if (sample !== null) {
    series.push({
      ...line2d,
      id: 'sample',
      name: label,
      color: curveColours.sample,
      data: pairs(sample.times, sample.values),
      showSymbol: true,
      symbol: 'circle',
      symbolSize: 3,
    })
  }
  if (sample?.fitted && sample.fittedTimes) {
    series.push({
      ...line2d,
      id: 'fitted',
      name: 'Fitted model',
      color: curveColours.fitted,
      lineStyle: { width: 1.5, type: 'dashed' },
      data: pairs(
        sample.fittedTimes,
        sample.fitted.map((value) => value + sample.baseline),
      ),
    })
  }
  for (const [id, name, input] of [
    ['aif', 'AIF', aif],
    ['vof', 'VOF', vof],
  ] as const) {
    if (input) {
      series.push({
        ...line2d,
        id,
        name,
        color: curveColours[id],
        yAxisIndex: 1,
        data: pairs(input.times, input.curve),
      })
    }
  }
  const axis = {
    axisLabel: { color: quiet, fontSize: 10 },
    axisLine: { lineStyle: { color: line } },
    splitLine: { lineStyle: { color: '#24272c' } },
    nameTextStyle: { color: quiet, fontSize: 10 },
  }
  return {
    backgroundColor: 'transparent',
    animation: false,
    grid: CURVE_GRID,
    legend: {
      type: 'scroll',
      top: 2,
      left: 6,
      pageIconColor: quiet,
      pageIconInactiveColor: line,
      pageIconSize: 9,
      pageTextStyle: { color: quiet, fontSize: 10 },
      itemWidth: 14,
      itemHeight: 2,
      itemGap: 10,
      icon: 'rect',
      textStyle: { color: quiet, fontSize: 11 },
      data: series.filter(({ name }) => name !== undefined).map(({ name }) => name),
    },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: '#1b1d21',
      borderColor: line,
      textStyle: { color: '#dfe1e4', fontSize: 11 },
      valueFormatter: (value: unknown) => (typeof value === 'number' ? value.toFixed(1) : '–'),
    },
    xAxis: {
      ...axis,
      type: 'value',
      name: 'Time, s',
      nameLocation: 'middle',
      nameGap: 20,
      min: 0,
      max: Math.max(duration, 1),
    },
    yAxis: [
      { ...axis, type: 'value', name: unit, nameGap: 8, nameLocation: 'end', scale: true },
      {
        ...axis,
        type: 'value',
        name: unit === 'HU' ? 'ΔHU vessels' : 'vessels, relative',
        nameGap: 8,
        splitLine: { show: false },
      },
    ],
    series,
  }
}
