import { AIR, BONE } from '../masks'
import {
  BASELINE,
  PEAK,
  FIRST_PASS,
  HALF_RISE,
  MEAN,
  TAIL,
  TIME_TO_PEAK,
  WIDTH,
  describeCurve,
  type CurveShape,
} from './curveFeatures'
import { gatherSignals, toEnhancement } from './enhancement'
import { viewVoxels, type SeriesView } from '../volume'
import { smoothCurve } from './smoothing'

const CHUNK = 256

/** First look at a slice, before anything is known of the bolus. Both outputs are [voxel] of the volume. */
export interface FirstLook {
  /** Mean of the first (at most three) frames, in the unit of the series. */
  early: SharedArrayBuffer
  /** Largest rise of the [¼ ½ ¼]-smoothed curve above `early` (CT), or fall below it (DSC-MRI). */
  change: SharedArrayBuffer
  /** When the smoothed curve first reaches half of that, s. */
  halfTime: SharedArrayBuffer
}

/** What a first look tells of a slice: how many voxels are no air, and how many are bone (CT). */
export interface FirstCount {
  head: number
  bone: number
}

/** Fills the first look of one slice; on CT air and bone are left out of the search for change. */
export function surveySlice(
  view: SeriesView,
  slice: number,
  times: Float64Array,
  look: FirstLook,
): FirstCount {
  const [nx, ny] = view.size
  const { frames, echoTime, slope, intercept } = view
  const area = nx * ny
  const planes = [look.early, look.change, look.halfTime].map((plane) =>
    new Float32Array(plane).subarray(slice * area, (slice + 1) * area),
  )
  const [early, change, halfTime] = planes
  const stored = viewVoxels(view)
  const first = Math.min(3, frames)
  for (let frame = 0; frame < first; frame++) {
    const base = (frame * view.size[2] + slice) * area
    for (let i = 0; i < area; i++) early[i] += (stored[base + i] * slope + intercept) / first
  }
  const count: FirstCount = { head: 0, bone: 0 }
  const voxels = new Int32Array(CHUNK)
  const signals = new Float64Array(CHUNK * frames)
  let next = 0
  while (next < area) {
    let chunk = 0
    for (; next < area && chunk < CHUNK; next++) {
      const level = early[next]
      if (echoTime === null && level > AIR) count.head++
      if (echoTime === null && level > BONE) count.bone++
      if (echoTime !== null ? level > 0 : level > -100 && level < BONE) voxels[chunk++] = next
    }
    gatherSignals(view, slice, voxels, chunk, signals)
    for (let i = 0; i < chunk; i++) {
      describeChange(
        signals,
        i * frames,
        times,
        echoTime === null ? 1 : -1,
        first,
        voxels[i],
        change,
        halfTime,
      )
    }
  }
  return count
}

/** Largest [¼ ½ ¼]-smoothed rise (sign −1: fall) of one signal curve, and when half of it is first reached. */
function describeChange(
  signals: Float64Array,
  from: number,
  times: Float64Array,
  sign: number,
  first: number,
  voxel: number,
  change: Float32Array,
  halfTime: Float32Array,
): void {
  const frames = times.length
  let level = 0
  for (let t = 0; t < first; t++) level += (sign * signals[from + t]) / first
  let highest = -Infinity
  for (let t = 1, at = from + 1; t < frames - 1; t++, at++) {
    const value = 0.25 * (signals[at - 1] + signals[at + 1]) + 0.5 * signals[at]
    if (sign * value > highest) highest = sign * value
  }
  const half = 0.5 * (highest + level)
  let t = 1
  for (let at = from + 1; t < frames - 2; t++, at++) {
    if (sign * (0.25 * (signals[at - 1] + signals[at + 1]) + 0.5 * signals[at]) >= half) break
  }
  change[voxel] = highest - level
  halfTime[voxel] = times[t]
}

/** What `surveyCurves` found over the searched voxels of a slice. */
export interface SliceSurvey {
  /** Median temporal noise variance of a voxel, enhancement². */
  variance: number
  voxels: number
  /** Sum of the enhancement curves, [frame]. */
  sum: Float64Array
}

/** What `surveyCurves` needs and fills. */
export interface CurveSurvey {
  /** [voxel] of the volume: not 0 where a curve is described. */
  search: SharedArrayBuffer
  /** [feature × voxel], see curveFeatures. */
  features: SharedArrayBuffer
}

/**
 * Describes the smoothed enhancement curve of every searched voxel of a slice, and what they have in common.
 */
export function surveyCurves(
  view: SeriesView,
  slice: number,
  times: Float64Array,
  baselineFrames: number,
  survey: CurveSurvey,
): SliceSurvey {
  const [nx, ny, nz] = view.size
  const area = nx * ny
  const volume = area * nz
  const offset = slice * area
  const search = new Uint8Array(survey.search).subarray(offset, offset + area)
  const features = new Float32Array(survey.features)
  const { frames } = view
  const voxels = new Int32Array(CHUNK)
  const signals = new Float64Array(CHUNK * frames)
  const smooth = new Float64Array(frames)
  const shape: CurveShape = { peak: 0, timeToPeak: 0, area: 0, firstPass: 0, halfRise: 0, width: 0, tail: 0 }
  const variances = new Float32Array(area)
  const sum = new Float64Array(frames)
  let measured = 0
  let next = 0
  while (next < area) {
    let count = 0
    while (next < area && count < CHUNK) {
      if (search[next] !== 0) voxels[count++] = next
      next++
    }
    gatherSignals(view, slice, voxels, count, signals)
    for (let i = 0; i < count; i++) {
      const at = i * frames
      const baseline = toEnhancement(signals, at, frames, baselineFrames, view.echoTime)
      variances[measured++] = stepVariance(signals, at, frames, baselineFrames)
      let enhancement = 0
      for (let t = 0; t < frames; t++) {
        sum[t] += signals[at + t]
        enhancement += signals[at + t] / frames
      }
      smoothCurve(signals.subarray(at, at + frames), smooth)
      describeCurve(smooth, 0, times, shape)
      const voxel = offset + voxels[i]
      features[PEAK * volume + voxel] = shape.peak
      features[TIME_TO_PEAK * volume + voxel] = shape.timeToPeak
      features[FIRST_PASS * volume + voxel] = shape.firstPass
      features[HALF_RISE * volume + voxel] = shape.halfRise
      features[WIDTH * volume + voxel] = shape.width
      features[TAIL * volume + voxel] = shape.tail
      features[BASELINE * volume + voxel] = baseline
      features[MEAN * volume + voxel] = baseline + enhancement
    }
  }
  const variance = variances.subarray(0, measured).sort()[measured >> 1] ?? 0
  return { variance, voxels: measured, sum }
}

/**
 * Noise variance of a curve from its second differences, mean of d²/6, over the baseline and the last third of the
 * scan: there even a bolus sampled coarsely is nearly straight.
 */
function stepVariance(curve: Float64Array, from: number, frames: number, baselineFrames: number): number {
  let sum = 0
  let count = 0
  for (let i = 1; i < frames - 1; i++) {
    if (i >= baselineFrames - 1 && 3 * i < 2 * frames) continue
    const bend = curve[from + i - 1] - 2 * curve[from + i] + curve[from + i + 1]
    sum += bend * bend
    count++
  }
  return sum / (6 * Math.max(1, count))
}
