import { viewVoxels, type SeriesView } from '../volume'

/** Signal below this share of its baseline is taken as this share: the logarithm of noise around zero says nothing. */
const LOWEST_SIGNAL = 0.02

/**
 * Time curves of `count` voxels of one slice in the unit of the series, [voxel × frame]. `voxels` are indices in the
 * slice (x + y·nx).
 */
export function gatherSignals(
  view: SeriesView,
  slice: number,
  voxels: Int32Array,
  count: number,
  out: Float64Array,
): void {
  const { size, frames, slope, intercept } = view
  const stored = viewVoxels(view)
  const area = size[0] * size[1]
  for (let frame = 0; frame < frames; frame++) {
    const base = (frame * size[2] + slice) * area
    for (let i = 0, at = frame; i < count; i++, at += frames) {
      out[at] = stored[base + voxels[i]] * slope + intercept
    }
  }
}

/**
 * Turns one signal curve signal[from, from + frames) into enhancement over the mean of its first `baselineFrames`, in
 * place, and returns that baseline. CT (echoTime null): the difference in HU, linear in iodine. DSC-MRI:
 * C = −ln(S/S0)/TE (k = 1; only ratios to the arterial curve enter a map), TE in seconds.
 */
export function toEnhancement(
  signal: Float64Array,
  from: number,
  frames: number,
  baselineFrames: number,
  echoTime: number | null,
): number {
  let baseline = 0
  for (let i = 0; i < baselineFrames; i++) baseline += signal[from + i]
  baseline /= baselineFrames
  if (echoTime === null) {
    for (let i = 0; i < frames; i++) signal[from + i] -= baseline
    return baseline
  }
  for (let i = 0; i < frames; i++) signal[from + i] = relaxation(signal[from + i], baseline, echoTime)
  return baseline
}

/** −ln(S/S0)/TE of a DSC-MRI signal; 0 where there is no baseline. */
export function relaxation(signal: number, baseline: number, echoTime: number): number {
  return baseline > 0 ? -Math.log(Math.max(signal / baseline, LOWEST_SIGNAL)) / echoTime : 0
}

/** `gatherSignals` followed by `toEnhancement` on each curve. */
export function gatherEnhancement(
  view: SeriesView,
  slice: number,
  voxels: Int32Array,
  count: number,
  baselineFrames: number,
  out: Float64Array,
): void {
  gatherSignals(view, slice, voxels, count, out)
  for (let i = 0; i < count; i++) {
    toEnhancement(out, i * view.frames, view.frames, baselineFrames, view.echoTime)
  }
}
