/** The highest sample of a curve and its sub-sample place. */
export interface Peak {
  index: number
  /** In samples, by the parabola through the three highest neighbours. */
  position: number
  height: number
}

/** A curve of `length` samples in `values`, every `step` numbers from `from`. */
export interface SampledValues {
  values: Float32Array
  from: number
  step: number
  length: number
}

/** Sets `position` and `height` of a peak whose `index` is the highest sample: the vertex of the parabola through it. */
export function refinePeak({ values, from, step, length }: SampledValues, peak: Peak): void {
  const { index } = peak
  const height = values[from + index * step]
  peak.position = index
  peak.height = height
  if (index === 0 || index === length - 1) return
  const before = values[from + (index - 1) * step]
  const after = values[from + (index + 1) * step]
  const bend = before - 2 * height + after
  if (bend >= 0) return
  const shift = (0.5 * (before - after)) / bend
  peak.position = index + shift
  peak.height = height - 0.25 * (before - after) * shift
}

/**
 * Where the curve first reaches half of the peak on the way up to it, in samples, linear between samples; 0 where it
 * begins above. For a residue that jumps to its maximum, seen through a low-pass filter, this is the time of the jump:
 * the arrival of the tissue after the artery.
 */
export function leadingHalfMaximum({ values, from, step }: SampledValues, peak: Peak): number {
  const half = 0.5 * peak.height
  let above = values[from + peak.index * step]
  for (let i = peak.index - 1; i >= 0; i--) {
    const value = values[from + i * step]
    if (value < half) return i + (half - value) / (above - value)
    above = value
  }
  return 0
}

/** Samples of a residue from `first` (negative: before the artery), and their rows of `matrix`. */
export interface ResidueWindow {
  first: number
  samples: number
  /** [sample × column] */
  matrix: Float64Array
}

/** Seconds before and after the artery within which tissue can be reached: what lies beyond is noise. */
const EARLIEST = -10
const LATEST = 30

/**
 * The rows of a matrix [residue sample × column] for the times at which a residue can have its peak. On a circulant the
 * second half of the samples stands for negative times; they come first here.
 */
export function residueWindow(
  matrix: Float64Array,
  {
    residueSamples,
    residueStep,
    circular,
  }: { residueSamples: number; residueStep: number; circular: boolean },
): ResidueWindow {
  const columns = matrix.length / residueSamples
  const most = circular ? residueSamples >> 1 : residueSamples
  const first = circular ? -Math.min(most, Math.round(-EARLIEST / residueStep)) : 0
  const samples = Math.min(most, Math.round(LATEST / residueStep) + 1) - first
  const rows = new Float64Array(samples * columns)
  for (let i = 0; i < samples; i++) {
    const from = ((first + i + residueSamples) % residueSamples) * columns
    rows.set(matrix.subarray(from, from + columns), i * columns)
  }
  return { first, samples, matrix: rows }
}
