import { framesText, type FrameMotion, type MotionReport } from '@contract'
import type { EChartsCoreOption } from 'echarts/core'

export const motionColours = ['#ff6a5e', '#7ccf6f', '#6aa3ff'] as const

const quiet = '#a4a9b0'
const line = '#363a41'
/** Along and about the patient's x (to the left), y (to the back) and z (upwards). */
const shifts = ['shift left', 'shift back', 'shift up'] as const
const turns = ['nod', 'tilt', 'turn'] as const

/** Half a millimetre and half a degree to either side at least: a head that lies still is seen to. */
const atLeast = {
  min: ({ min }: { min: number }) => (min > -0.5 ? -0.5 : null),
  max: ({ max }: { max: number }) => (max < 0.5 ? 0.5 : null),
}

/** The largest values of a motion, in words: what is read before the plot. */
export function motionSentence({ frames, leftOut }: MotionReport): string {
  if (frames.length === 0) return 'Motion could not be followed.'
  if (frames.every(({ byHand }) => byHand)) {
    return `Motion was not looked for; left out: ${namedFrames(leftOut)}.`
  }
  const largest = (of: (motion: FrameMotion) => number): number => Math.max(...frames.map(of))
  const far = largest(({ displacementMm }) => displacementMm)
  const turned = largest(({ rotation }) => Math.max(...rotation.map(Math.abs)))
  const corrected = new Set(frames.filter(({ state }) => state === 'corrected').map(({ frame }) => frame))
    .size
  const count = new Set(frames.map(({ frame }) => frame)).size
  const lost = leftOut.length === 0 ? '' : `; left out: ${namedFrames(leftOut)}`
  if (corrected === 0 && leftOut.length === 0) {
    return `The head lay still: up to ${far.toFixed(1)} mm and ${turned.toFixed(1)}°; no frame had to be corrected.`
  }
  return `Up to ${far.toFixed(1)} mm and ${turned.toFixed(1)}°; ${corrected} of ${count} frames corrected${lost}.`
}

/** Whether the frames of a slab were restored between its slices; empty where they were not. */
export function restoredSentence({ restored }: MotionReport, slab: number): string {
  const share = restored.find((each) => each.slab === slab)?.share
  return share === undefined
    ? ''
    : `What lies between the slices was restored by a model of the head, where it fits better than lines (${Math.round(100 * share)} %).`
}

const namedFrames = (frames: readonly number[]): string =>
  `${frames.length === 1 ? 'frame' : 'frames'} ${framesText(frames)}`

/**
 * Shifts (mm, left axis, full lines) and turns (degrees, right axis, dashed) of one slab over time; frames that were
 * left out, or (`byHand`) will be by the next run, are marked.
 */
export function motionOption(
  { frames, times, leftOut: lost }: MotionReport,
  slab: number,
  byHand: readonly number[] = [],
): EChartsCoreOption {
  const leftOut = [...new Set([...lost, ...byHand])]
  const shown = frames.filter((motion) => motion.slab === slab)
  const along = (of: 'translation' | 'rotation', axis: number): [number, number][] =>
    shown.map((motion) => [times[motion.frame], motion[of][axis]])
  const curve = { type: 'line', showSymbol: false, animation: false, emphasis: { disabled: true } }
  const axis = {
    axisLabel: { color: quiet, fontSize: 10 },
    axisLine: { lineStyle: { color: line } },
    splitLine: { lineStyle: { color: '#24272c' } },
    nameTextStyle: { color: quiet, fontSize: 10 },
  }
  const series: Record<string, unknown>[] = shifts.flatMap((name, index) => [
    {
      ...curve,
      name,
      color: motionColours[index],
      lineStyle: { width: 1.5 },
      data: along('translation', index),
    },
    {
      ...curve,
      name: turns[index],
      color: motionColours[index],
      yAxisIndex: 1,
      lineStyle: { width: 1.2, type: 'dashed' },
      data: along('rotation', index),
    },
  ])
  if (leftOut.length > 0) {
    series.push({
      ...curve,
      name: 'left out',
      color: '#e6e8ea',
      showSymbol: true,
      symbol: 'diamond',
      symbolSize: 7,
      lineStyle: { opacity: 0 },
      data: leftOut.map((frame) => [times[frame], 0]),
    })
  }
  return {
    backgroundColor: 'transparent',
    animation: false,
    grid: { left: 42, right: 44, top: 40, bottom: 34 },
    legend: {
      top: 0,
      left: 6,
      itemWidth: 14,
      itemHeight: 2,
      itemGap: 8,
      textStyle: { color: quiet, fontSize: 10 },
      data: series.map(({ name }) => name),
    },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: '#1b1d21',
      borderColor: line,
      textStyle: { color: '#dfe1e4', fontSize: 11 },
      valueFormatter: (value: unknown) => (typeof value === 'number' ? value.toFixed(2) : '–'),
    },
    xAxis: { ...axis, type: 'value', name: 'Time, s', nameLocation: 'middle', nameGap: 20, min: 0 },
    yAxis: [
      { ...axis, ...atLeast, type: 'value', name: 'mm', nameGap: 6 },
      { ...axis, ...atLeast, type: 'value', name: 'degrees', nameGap: 6, splitLine: { show: false } },
    ],
    series,
  }
}
