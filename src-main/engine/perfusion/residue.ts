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
  /** The first and the last sample are neighbours. */
  circular: boolean
}

/** Sets `position` and `height` of a peak whose `index` is the highest sample: the vertex of the parabola through it. */
export function refinePeak({ values, from, step, length, circular }: SampledValues, peak: Peak): void {
  const { index } = peak
  const height = values[from + index * step]
  peak.position = index
  peak.height = height
  if (!circular && (index === 0 || index === length - 1)) return
  const before = values[from + (index > 0 ? index - 1 : length - 1) * step]
  const after = values[from + (index < length - 1 ? index + 1 : 0) * step]
  const bend = before - 2 * height + after
  if (bend >= 0) return
  const shift = (0.5 * (before - after)) / bend
  peak.position = index + shift
  peak.height = height - 0.25 * (before - after) * shift
}

/**
 * Where the curve first reaches half of the peak on the way up to it, in samples, linear between samples; on a
 * circular curve it may lie before sample 0 (negative). For a residue that jumps to its maximum, seen through a
 * low-pass filter, this is the time of the jump: the arrival of the tissue after the artery.
 */
export function leadingHalfMaximum(
  { values, from, step, length, circular }: SampledValues,
  peak: Peak,
): number {
  const half = 0.5 * peak.height
  const earliest = circular ? peak.index - (length >> 1) : 0
  let above = values[from + peak.index * step]
  for (let i = peak.index - 1; i >= earliest; i--) {
    const value = values[from + (i < 0 ? i + length : i) * step]
    if (value < half) return i + (half - value) / (above - value)
    above = value
  }
  return earliest
}

/** Samples past the middle of a circular curve stand for negative times. */
export function unwrap(position: number, length: number): number {
  return position > length / 2 ? position - length : position
}
