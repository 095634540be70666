import { ranked } from '../compute/ranked'
import { selectedSlice, sourceSlice, type FilterJob } from './job'

/** HU: below is air, above bone; neither is filtered. */
const AIR = -300
const BONE = 300
/** Differences that the noise is taken from, at most, a slice. */
const SAMPLES = 100_000

export interface SliceSurvey {
  /** The sizes of differences between frames, of selected voxels; the series' unit. */
  differences: Float32Array
  /** Median over the selected voxels of their mean over time, series' unit; NaN where none is selected. */
  signal: number
  /** Largest stored value without its sign. */
  largest: number
}

/**
 * Selects the soft tissue of a slice by its mean over time (MR: what is brighter than a tenth of the brightest), and
 * measures the differences from frame to frame, whose spread is √2 of the noise's.
 */
export function surveySlice(job: Pick<FilterJob, 'view' | 'selected'>, slice: number): SliceSurvey {
  const { frames, slope, intercept, echoTime } = job.view
  const selected = selectedSlice(job, slice)
  const mean = new Float32Array(selected.length)
  let largest = 0
  for (let frame = 0; frame < frames; frame++) {
    const stored = sourceSlice(job, slice, frame)
    for (let i = 0; i < mean.length; i++) {
      const value = stored[i]
      mean[i] += value
      const size = value < 0 ? -value : value
      if (size > largest) largest = size
    }
  }
  let brightest = 0
  for (let i = 0; i < mean.length; i++) {
    mean[i] = (slope * mean[i]) / frames + intercept
    if (mean[i] > brightest) brightest = mean[i]
  }
  const [lower, upper] = echoTime === null ? [AIR, BONE] : [brightest / 10, Infinity]
  let count = 0
  for (let i = 0; i < mean.length; i++) {
    selected[i] = mean[i] > lower && mean[i] < upper ? 1 : 0
    count += selected[i]
  }
  const means = mean.filter((_, i) => selected[i] === 1)
  return {
    differences: differencesOver(job, slice, selected, count),
    signal: means.length > 0 ? ranked(means, means.length >> 1) : NaN,
    largest,
  }
}

function differencesOver(
  job: Pick<FilterJob, 'view'>,
  slice: number,
  selected: Uint8Array,
  count: number,
): Float32Array {
  const { frames, slope } = job.view
  const every = Math.max(1, Math.ceil((count * (frames - 1)) / SAMPLES))
  const differences: number[] = []
  let passed = 0
  for (let frame = 1; frame < frames; frame++) {
    const before = sourceSlice(job, slice, frame - 1)
    const here = sourceSlice(job, slice, frame)
    for (let i = 0; i < selected.length; i++) {
      if (selected[i] === 0 || passed++ % every !== 0) continue
      differences.push(Math.abs(slope * (here[i] - before[i])))
    }
  }
  return Float32Array.from(differences)
}
