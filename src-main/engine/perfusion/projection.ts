import type { Run } from '../compute/run'
import { stopIfCancelled } from '../compute/run'
import { frameOf, type VolumeSeries } from '../volume'
import { findArrival } from './arrival'

/**
 * Folds a 4-D series over time into one volume [voxel] in its unit: the highest value (tMIP; for DSC-MRI the lowest,
 * where the bolus darkens), the mean, or the mean of the frames before the bolus.
 */
export async function projectOverTime(
  series: VolumeSeries,
  projection: 'maximum' | 'average' | 'baseline',
  run: Run = {},
): Promise<Float32Array> {
  const { frames, slope, intercept } = series
  const last = projection === 'baseline' ? baselineLength(series) : frames
  const darkens = series.kind === 'mr-perfusion' ? slope > 0 : slope < 0
  const result = Float32Array.from(frameOf(series, 0))
  for (let frame = 1; frame < last; frame++) {
    const voxels = frameOf(series, frame)
    if (projection !== 'maximum') for (let i = 0; i < result.length; i++) result[i] += voxels[i]
    else if (darkens) {
      for (let i = 0; i < result.length; i++) result[i] = voxels[i] < result[i] ? voxels[i] : result[i]
    } else for (let i = 0; i < result.length; i++) result[i] = voxels[i] > result[i] ? voxels[i] : result[i]
    run.onProgress?.(frame / last, 'Projecting over time')
    await new Promise((resolve) => setImmediate(resolve))
    stopIfCancelled(run)
  }
  const factor = projection === 'maximum' ? slope : slope / last
  for (let i = 0; i < result.length; i++) result[i] = result[i] * factor + intercept
  return result
}

const TELLTALE = 500
const SAMPLED = 200_000

/** Frames before the bolus, from the mean curve of the most changing voxels among an even sample of the volume. */
function baselineLength(series: VolumeSeries): number {
  const { frames, slope } = series
  const first = frameOf(series, 0)
  const stride = Math.max(1, Math.floor(first.length / SAMPLED))
  const change = new Float32Array(Math.ceil(first.length / stride))
  const sign = series.kind === 'mr-perfusion' ? -Math.sign(slope) : Math.sign(slope)
  for (let frame = 1; frame < frames; frame++) {
    const voxels = frameOf(series, frame)
    for (let i = 0, at = 0; i < change.length; i++, at += stride) {
      change[i] = Math.max(change[i], sign * (voxels[at] - first[at]))
    }
  }
  const order = Array.from(change.keys()).sort((a, b) => change[b] - change[a])
  const curve = new Float64Array(frames)
  for (let frame = 0; frame < frames; frame++) {
    const voxels = frameOf(series, frame)
    for (const i of order.slice(0, TELLTALE)) curve[frame] += voxels[i * stride]
  }
  return frames < 3 ? 1 : findArrival(curve, sign).baselineSamples
}
