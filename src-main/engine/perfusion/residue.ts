/** The highest sample of a curve and its sub-sample place, as `findPeak` leaves them. */
export interface Peak {
  index: number
  /** In samples, by the parabola through the three highest neighbours. */
  position: number
  height: number
}

/**
 * Maximum of values[from, from + length): the largest sample and the vertex of the parabola through it and its
 * neighbours. On a circular curve the first and last sample are neighbours.
 */
export function findPeak(
  values: Float64Array,
  from: number,
  length: number,
  circular: boolean,
  peak: Peak,
): void {
  let index = 0
  let height = values[from]
  for (let i = 1; i < length; i++) {
    const value = values[from + i]
    if (value > height) {
      height = value
      index = i
    }
  }
  peak.index = index
  peak.position = index
  peak.height = height
  if (!circular && (index === 0 || index === length - 1)) return
  const before = values[from + (index > 0 ? index - 1 : length - 1)]
  const after = values[from + (index < length - 1 ? index + 1 : 0)]
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
  values: Float64Array,
  from: number,
  length: number,
  circular: boolean,
  peak: Peak,
): number {
  const half = 0.5 * peak.height
  const earliest = circular ? peak.index - (length >> 1) : 0
  let above = values[from + peak.index]
  for (let i = peak.index - 1; i >= earliest; i--) {
    const value = values[from + (i < 0 ? i + length : i)]
    if (value < half) return i + (half - value) / (above - value)
    above = value
  }
  return earliest
}

/** Samples past the middle of a circular curve stand for negative times. */
export function unwrap(position: number, length: number): number {
  return position > length / 2 ? position - length : position
}
