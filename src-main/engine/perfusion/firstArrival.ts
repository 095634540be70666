import type { Warning } from '@contract'
import { findArrival } from './arrival'
import { SEARCH } from '../masks'
import { gatherSignals } from './enhancement'
import type { SeriesView } from '../volume'
import { interpolateSpline } from './spline'
import type { FirstLook } from './survey'
import type { Timing } from './timing'
import { strongest } from './vascularSearch'

/** Vessels change at least by this share of the strongest. */
const VESSEL_CHANGE = 0.3
/** The part of the vessels that fills first, leaving out the very first as chance. */
const EARLIEST = [0.02, 0.25] as const
const FEWEST = 10

/**
 * When the bolus reaches the first vessels (s): from the mean curve of those strongly changing voxels that change first.
 * Veins are many and late; in a mean of all vessels they would hide the arteries' arrival.
 */
export function firstArrival(
  view: SeriesView,
  timing: Timing,
  look: FirstLook,
  search: Uint8Array,
): { arrivalTime: number; warnings: Warning[] } {
  const change = new Float32Array(look.change)
  const halfTime = new Float32Array(look.halfTime)
  const least = VESSEL_CHANGE * strongest(change, search)
  const vessels: number[] = []
  for (let i = 0; i < change.length; i++) {
    if (search[i] === SEARCH.everything && change[i] >= least) vessels.push(i)
  }
  vessels.sort((a, b) => halfTime[a] - halfTime[b])
  const from = Math.floor(EARLIEST[0] * vessels.length)
  const to = Math.max(from + FEWEST, Math.floor(EARLIEST[1] * vessels.length))
  const mean = meanSignal(view, timing, vessels.slice(from, to))
  const { baselineSamples, uncertain } = findArrival(mean, view.echoTime === null ? 1 : -1)
  const arrivalTime = (baselineSamples - 0.5) * timing.step
  const early: Warning = {
    code: 'early-bolus',
    message: 'The bolus had arrived before the first frames; the baseline is uncertain.',
    hint: 'CBV and CBF may be too small.',
  }
  return { arrivalTime, warnings: uncertain ? [early] : [] }
}

/** Mean signal of voxels of any slices on the uniform grid. */
function meanSignal(view: SeriesView, timing: Timing, voxels: readonly number[]): Float64Array {
  const area = view.size[0] * view.size[1]
  const bySlice = new Map<number, number[]>()
  for (const voxel of voxels) {
    const slice = Math.floor(voxel / area)
    const inSlice = bySlice.get(slice)
    if (inSlice === undefined) bySlice.set(slice, [voxel - slice * area])
    else inSlice.push(voxel - slice * area)
  }
  const mean = new Float64Array(timing.grid.length)
  for (const [slice, inSlice] of bySlice) {
    const signals = new Float64Array(inSlice.length * view.frames)
    gatherSignals(view, slice, Int32Array.from(inSlice), inSlice.length, signals)
    const curve = new Float64Array(view.frames)
    for (let i = 0; i < signals.length; i++) curve[i % view.frames] += signals[i]
    const onGrid = interpolateSpline(timing.slices[slice], curve, timing.grid)
    for (let i = 0; i < mean.length; i++) mean[i] += onGrid[i] / voxels.length
  }
  return mean
}
