import { mapNames, type EpochRecord, type TrainingRun } from '@contract'
import type { EChartsCoreOption } from 'echarts/core'

const quiet = '#a4a9b0'
const line = '#363a41'
export const runColours = ['#93b6d6', '#d9b26a', '#8fbf9a', '#e08a80', '#b79bd6', '#7fc4c0'] as const
const mapColours: Record<string, string> = {
  cbf: '#e08a80',
  cbv: '#d9b26a',
  mtt: '#b79bd6',
  ttp: '#8fbf9a',
  tmax: '#93b6d6',
  delay: '#7fc4c0',
}

interface Line {
  name: string
  colour: string
  dashed?: boolean
  points: [number, number][]
}

function chart(
  lines: Line[],
  axis: Record<string, unknown>,
  digits: (value: number) => string,
): EChartsCoreOption {
  return {
    animation: false,
    grid: { left: 58, right: 16, top: 34, bottom: 34 },
    legend: { top: 2, right: 16, itemWidth: 18, itemHeight: 2, textStyle: { color: quiet, fontSize: 11 } },
    tooltip: {
      trigger: 'axis',
      backgroundColor: '#1b1d21',
      borderColor: line,
      textStyle: { color: '#dfe1e4', fontSize: 11 },
      valueFormatter: (value: unknown) => (typeof value === 'number' ? digits(value) : ''),
    },
    xAxis: {
      type: 'value',
      name: 'epoch',
      nameLocation: 'middle',
      nameGap: 20,
      minInterval: 1,
      min: 'dataMin',
      max: 'dataMax',
      axisLabel: { color: quiet, fontSize: 10 },
      nameTextStyle: { color: quiet, fontSize: 11 },
      axisLine: { onZero: false, lineStyle: { color: line } },
      splitLine: { show: false },
    },
    yAxis: {
      nameGap: 12,
      axisLabel: { color: quiet, fontSize: 10, formatter: digits },
      nameTextStyle: { color: quiet, fontSize: 11, align: 'left' },
      splitLine: { lineStyle: { color: line } },
      ...axis,
    },
    series: lines.map(({ name, colour, dashed, points }) => ({
      type: 'line',
      name,
      color: colour,
      data: points,
      symbolSize: 4,
      showSymbol: points.length < 2,
      lineStyle: { width: 1.5, type: dashed ? 'dashed' : 'solid' },
    })),
  }
}

const pointsOf = (
  history: readonly EpochRecord[],
  value: (record: EpochRecord) => number | null | undefined,
): [number, number][] =>
  history.flatMap((record) => {
    const y = value(record)
    return y === null || y === undefined ? [] : [[record.epoch, y] as [number, number]]
  })

/** Loss by epoch, logarithmic: training dashed, validation solid, a colour for each run. */
export function lossOption(runs: readonly TrainingRun[]): EChartsCoreOption {
  const several = runs.length > 1
  const lines = runs.flatMap(({ runId, history }, index): Line[] => {
    const colour = runColours[index % runColours.length]
    const name = (part: string): string => (several ? `${runId}, ${part}` : part)
    return [
      { name: name('validation'), colour, points: pointsOf(history, (record) => record.validationLoss) },
      {
        name: name('training'),
        colour,
        dashed: true,
        points: pointsOf(history, (record) => record.trainingLoss),
      },
    ]
  })
  return chart(lines, { type: 'log', name: 'loss (MSE)', scale: true }, (value) => value.toExponential(1))
}

/** Correlation with the truth by epoch: every map of one run, or the mean over the maps of several. */
export function correlationOption(runs: readonly TrainingRun[]): EChartsCoreOption {
  const lines =
    runs.length === 1
      ? mapNames
          .filter((map) => runs[0].history.some(({ correlation }) => correlation[map] !== undefined))
          .map((map): Line => ({
            name: map.toUpperCase(),
            colour: mapColours[map],
            points: pointsOf(runs[0].history, ({ correlation }) => correlation[map]),
          }))
      : runs.map(({ runId, history }, index): Line => ({
          name: `${runId}, mean of the maps`,
          colour: runColours[index % runColours.length],
          points: pointsOf(history, meanCorrelation),
        }))
  return chart(lines, { type: 'value', name: 'r, validation', scale: true, max: 1 }, (value) =>
    value.toFixed(2),
  )
}

export function meanCorrelation({ correlation }: EpochRecord): number | null {
  const values = Object.values(correlation).filter((value): value is number => typeof value === 'number')
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The epoch with the lowest validation loss: the one whose weights the model gets. */
export function bestEpoch(history: readonly EpochRecord[]): EpochRecord | null {
  return history.reduce<EpochRecord | null>(
    (best, record) => (best === null || record.validationLoss < best.validationLoss ? record : best),
    null,
  )
}
