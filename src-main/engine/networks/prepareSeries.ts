import { UmbraError } from '@contract'
import type { ContrastSurvey } from '../perfusion'
import type { VolumeSeries } from '../volume'
import { bilateralFilter } from './bilateral'
import type { InputSpec } from './modelSpec'
import { lineWeights, resampleImage, resampledCount, type LineWeights } from './planeGrid'
import { timeWeights, uniformGrid, type TimeWeights } from './timeGrid'

/** A series on the grid of a network, made slice by slice when asked for. */
export interface PreparedSeries {
  rows: number
  columns: number
  slices: number
  timePoints: number
  /** [row × column × time point], row-major, the last fastest. Throws `nan-in-data`. */
  slice(index: number): Float32Array
}

/** Baseline channel: 0 at MIDDLE HU, 1 at MIDDLE + SPAN, clipped to tissue. */
const BASELINE = { middle: 30, span: 20, lowest: -30, highest: 110 }

type KnownContrast = Pick<ContrastSurvey, 'arrival' | 'baselineFrames' | 'times' | 'vesselArea'>

/**
 * Turns a CT perfusion series into what a network takes (InputSpec): frames filtered if asked, weighted onto the
 * network's time grid at each slice's own acquisition times, resampled in the plane, and normalised. Throws
 * `wrong-modality` for anything but CT.
 */
export function prepareSeries(series: VolumeSeries, known: KnownContrast, spec: InputSpec): PreparedSeries {
  if (series.kind !== 'ct-perfusion') {
    throw new UmbraError({
      code: 'wrong-modality',
      message: `The networks are for CT perfusion; this series is ${series.modality}.`,
      hint: 'Use a deconvolution for DSC-MRI.',
    })
  }
  const [nx, ny, nz] = series.geometry.size
  const [spacingX, spacingY] = series.geometry.spacing
  const columns = resampledCount(nx, spacingX, spec.spacing)
  const rows = resampledCount(ny, spacingY, spec.spacing)
  const across = lineWeights(nx, columns)
  const down = lineWeights(ny, rows)
  const start = spec.origin === 'arrival' ? known.arrival - spec.lead : 0
  const enhancement = spec.values === 'enhancement'
  const grid = uniformGrid(start, spec.interval, spec.timePoints - (enhancement ? 1 : 0))
  return {
    rows,
    columns,
    slices: nz,
    timePoints: spec.timePoints,
    slice: (index) => {
      const frames = sliceFrames(series, index, spec)
      const weights = timeWeights(known.times[index], grid)
      if (enhancement) {
        const baseline = meanOf(frames, known.baselineFrames[index])
        return enhancementSlice(frames, weights, baseline, known.vesselArea, across, down, spec)
      }
      return windowSlice(frames, weights, across, down, spec)
    },
  }
}

/** Throws `nan-in-data` for a series that holds values that are no numbers, before anything is looked for in it. */
export function refuseNotNumbers({ voxels, slope, intercept, geometry }: VolumeSeries): void {
  const [nx, ny, nz] = geometry.size
  const whole = Number.isFinite(slope) && Number.isFinite(intercept)
  const at =
    whole && voxels instanceof Float32Array ? voxels.findIndex((value) => !Number.isFinite(value)) : -1
  if (whole && at < 0) return
  const frame = Math.floor(at / (nx * ny * nz)) + 1
  const slice = (Math.floor(at / (nx * ny)) % nz) + 1
  throw new UmbraError({
    code: 'nan-in-data',
    message: whole
      ? `Time point ${frame} of slice ${slice} holds values that are no numbers.`
      : `The series is scaled by values that are no numbers (slope ${slope}, intercept ${intercept}).`,
    hint: 'Export the series again.',
  })
}

/** The frames of a slice in HU, [frame][row × column], filtered where the model asks for it. */
export function sliceFrames(
  series: VolumeSeries,
  slice: number,
  { filter }: Pick<InputSpec, 'filter'>,
): Float32Array[] {
  const { voxels, slope, intercept, frames, geometry } = series
  const [nx, ny, nz] = geometry.size
  const area = nx * ny
  return Array.from({ length: frames }, (_, frame) => {
    const image = new Float32Array(area)
    const from = (frame * nz + slice) * area
    // Whatever is no number makes the sum none; finite ones of a frame cannot.
    let sum = 0
    for (let i = 0; i < area; i++) {
      image[i] = voxels[from + i] * slope + intercept
      sum += image[i]
    }
    if (!Number.isFinite(sum)) {
      throw new UmbraError({
        code: 'nan-in-data',
        message: `Time point ${frame + 1} of slice ${slice + 1} holds values that are no numbers.`,
        hint: 'Export the series again.',
      })
    }
    return filter ? bilateralFilter(image, nx, ny, filter.spatial / geometry.spacing[0], filter.range) : image
  })
}

function meanOf(frames: Float32Array[], count: number): Float32Array {
  const mean = new Float32Array(frames[0].length)
  for (let frame = 0; frame < count; frame++) {
    for (let i = 0; i < mean.length; i++) mean[i] += frames[frame][i] / count
  }
  return mean
}

function sampleOf(frames: Float32Array[], weights: TimeWeights, sample: number): Float32Array {
  const image = new Float32Array(frames[0].length)
  for (let frame = 0; frame < weights.frames; frame++) {
    const weight = weights.weights[sample * weights.frames + frame]
    if (weight === 0) continue
    const values = frames[frame]
    for (let i = 0; i < image.length; i++) image[i] += weight * values[i]
  }
  return image
}

function enhancementSlice(
  frames: Float32Array[],
  weights: TimeWeights,
  baseline: Float32Array,
  vesselArea: number,
  across: LineWeights,
  down: LineWeights,
  { timePoints }: InputSpec,
): Float32Array {
  const input = new Float32Array(across.to * down.to * timePoints)
  const { middle, span, lowest, highest } = BASELINE
  const before = resampleImage(baseline, across, down)
  for (let i = 0; i < before.length; i++) {
    input[i * timePoints] = (Math.min(Math.max(before[i], lowest), highest) - middle) / span
  }
  const perArea = 100 / vesselArea
  for (let sample = 0; sample < weights.samples; sample++) {
    const image = resampleImage(sampleOf(frames, weights, sample), across, down)
    for (let i = 0, at = sample + 1; i < image.length; i++, at += timePoints) {
      input[at] = 2 * Math.asinh(0.5 * perArea * (image[i] - before[i]))
    }
  }
  return input
}

function windowSlice(
  frames: Float32Array[],
  weights: TimeWeights,
  across: LineWeights,
  down: LineWeights,
  { timePoints, lower, upper }: InputSpec,
): Float32Array {
  const input = new Float32Array(across.to * down.to * timePoints)
  for (let sample = 0; sample < weights.samples; sample++) {
    const image = resampleImage(sampleOf(frames, weights, sample), across, down)
    for (let i = 0, at = sample; i < image.length; i++, at += timePoints) {
      input[at] = Math.min(Math.max((image[i] - lower) / (upper - lower), 0), 1)
    }
  }
  return input
}
