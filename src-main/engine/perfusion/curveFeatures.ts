/** Planes of the per-voxel description of a curve, in this order: [feature × voxel]. */
export const PEAK = 0
export const TIME_TO_PEAK = 1
export const FIRST_PASS = 2
export const HALF_RISE = 3
export const WIDTH = 4
export const BASELINE = 5
export const TAIL = 6
/** CT: mean of all frames, HU. */
export const MEAN = 7
export const FEATURE_COUNT = 8

/** The shape of one bolus curve; seconds and enhancement. */
export interface CurveShape {
  peak: number
  timeToPeak: number
  /** ∫ enhancement dt over the scan (trapezoid). */
  area: number
  /** The same over the samples above half of the peak: an error of the baseline weighs less in it. */
  firstPass: number
  /** When the curve first reaches half of its peak on the way up. */
  halfRise: number
  /** Full width at half maximum; to the end of the scan where the curve stays above half. */
  width: number
  /** Mean of the last three samples over the peak. */
  tail: number
}

/**
 * Describes enhancement[from, from + n) sampled at `times`. The peak is the vertex of the parabola through the highest
 * sample and its neighbours (on their real times).
 */
export function describeCurve(
  enhancement: Float64Array,
  from: number,
  times: ArrayLike<number>,
  shape: CurveShape,
): void {
  const n = times.length
  let top = 0
  let area = 0
  for (let i = 0; i < n; i++) {
    if (enhancement[from + i] > enhancement[from + top]) top = i
    if (i > 0) area += 0.5 * (enhancement[from + i] + enhancement[from + i - 1]) * (times[i] - times[i - 1])
  }
  shape.peak = enhancement[from + top]
  shape.timeToPeak = times[top]
  shape.area = area
  if (top > 0 && top < n - 1) {
    const left = times[top - 1] - times[top]
    const right = times[top + 1] - times[top]
    const down = (enhancement[from + top - 1] - shape.peak) / left
    const up = (enhancement[from + top + 1] - shape.peak) / right
    const bend = (up - down) / (right - left)
    if (bend < 0) {
      const slope = down - bend * left
      const shift = -slope / (2 * bend)
      if (shift > left && shift < right) {
        shape.timeToPeak += shift
        shape.peak += 0.5 * slope * shift
      }
    }
  }
  shape.tail =
    (enhancement[from + n - 1] + enhancement[from + n - 2] + enhancement[from + n - 3]) / (3 * shape.peak)
  const half = 0.5 * shape.peak
  let rise = top
  while (rise > 0 && enhancement[from + rise - 1] > half) rise--
  let fall = top
  while (fall < n - 1 && enhancement[from + fall + 1] > half) fall++
  shape.halfRise = rise === 0 ? times[0] : crossing(enhancement, from, times, rise - 1, half)
  shape.firstPass = 0
  for (let i = rise; i < fall; i++) {
    shape.firstPass += 0.5 * (enhancement[from + i] + enhancement[from + i + 1]) * (times[i + 1] - times[i])
  }
  shape.width =
    (fall === n - 1 ? times[n - 1] : crossing(enhancement, from, times, fall, half)) - shape.halfRise
}

function crossing(
  values: Float64Array,
  from: number,
  times: ArrayLike<number>,
  before: number,
  level: number,
): number {
  const a = values[from + before]
  const b = values[from + before + 1]
  return times[before] + ((level - a) / (b - a)) * (times[before + 1] - times[before])
}
