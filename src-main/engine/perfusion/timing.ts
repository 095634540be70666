import { UmbraError, type Warning } from '@contract'
import type { VolumeSeries } from '../volume'

/** Real acquisition times of each slice, and the uniform grid that deconvolution works on. Seconds. */
export interface Timing {
  /** [slice][frame], rising. */
  slices: Float64Array[]
  /** Uniform grid from 0, [sample]. */
  grid: Float64Array
  step: number
  /** From the first to the last acquisition of any slice. */
  duration: number
  /** Some slice's frames are not evenly spaced, or not spaced by the grid's step. */
  resampled: boolean
  warnings: Warning[]
}

export const FEWEST_FRAMES = 10
const EVEN = 0.02
const SHORT_SCAN = 45

/**
 * The times of a series [frame × slices + slice] sorted out by slice. The grid's step is `wantedStep`, or the lower
 * quartile of all intervals (the interval of the dense phase where a scan has two), and it ends with the slice that
 * ends first, so that no curve is prolonged. Throws `too-few-time-points`, `no-acquisition-times`.
 */
export function seriesTiming(
  series: Pick<VolumeSeries, 'frames' | 'times' | 'geometry'>,
  wantedStep: number | null,
): Timing {
  const count = series.geometry.size[2]
  if (series.frames < FEWEST_FRAMES) {
    throw new UmbraError({
      code: 'too-few-time-points',
      message: `The series has ${series.frames} time point${series.frames === 1 ? '' : 's'}; maps need at least ${FEWEST_FRAMES}.`,
      hint: 'Choose the series that was scanned repeatedly during the bolus; umbra info lists the time points of each.',
    })
  }
  const slices = Array.from({ length: count }, (_, slice) =>
    Float64Array.from({ length: series.frames }, (_, frame) => series.times[frame * count + slice]),
  )
  const intervals = slices.flatMap((times) => Array.from(times.subarray(1), (time, i) => time - times[i]))
  if (intervals.some((interval) => !(interval > 0))) {
    throw new UmbraError({
      code: 'no-acquisition-times',
      message:
        'The time points of the series do not follow one another: acquisition times are missing or repeated.',
      hint: 'Export the series again with its acquisition times (0008,0032).',
    })
  }
  intervals.sort((a, b) => a - b)
  const natural = intervals[Math.floor(intervals.length / 4)]
  const step = wantedStep ?? Math.round(natural * 1e4) / 1e4
  const end = Math.min(...slices.map((times) => times[times.length - 1]))
  const grid = Float64Array.from({ length: Math.floor(end / step + 1e-3) + 1 }, (_, i) => i * step)
  const shortest = intervals[0]
  const longest = intervals[intervals.length - 1]
  const uneven = longest - shortest > EVEN * natural
  const resampled = uneven || Math.abs(step - natural) > EVEN * natural
  const duration = Math.max(...slices.map((times) => times[times.length - 1]))
  const warnings: Warning[] = []
  if (resampled) {
    const apart = uneven ? `${shortest.toFixed(2)} to ${longest.toFixed(2)} s` : `${natural.toFixed(2)} s`
    warnings.push({
      code: 'times-resampled',
      message: `The frames are ${apart} apart; curves were resampled to every ${step.toFixed(2)} s where a method needs an even grid.`,
      hint: 'The box regression (bennink) fits the samples at their real times and needs no resampling.',
    })
  }
  if (duration < SHORT_SCAN) {
    warnings.push({
      code: 'short-scan',
      message: `The scan lasts ${duration.toFixed(1)} s; 60 to 70 s are asked for.`,
      hint: 'CBV and Tmax of late-filling tissue may be too small.',
    })
  }
  if (step > 3.01) {
    warnings.push({
      code: 'coarse-sampling',
      message: `Frames ${step.toFixed(1)} s apart sample the arterial curve too coarsely.`,
      hint: 'CBF and MTT are uncertain; the relative maps remain usable.',
    })
  }
  return { slices, grid, step, duration, resampled, warnings }
}
