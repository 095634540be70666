import type { VolumeSeries } from '../volume'
import type { SlabRange } from './reducedGrid'

/** Neighbouring slices this much apart in time, as a share of the interval between frames, were scanned apart. */
const APART = 0.2

/**
 * The groups of neighbouring slices that are scanned at once: one, or, where the table goes to and fro (shuttle, jog),
 * one for each place of the table. The head may move from one to the next. A spiral, whose slices follow one another
 * evenly, is one group.
 */
export function findSlabs({
  geometry,
  frames,
  times,
}: Pick<VolumeSeries, 'geometry' | 'frames' | 'times'>): SlabRange[] {
  const slices = geometry.size[2]
  const last = (frames - 1) * slices
  const interval = frames > 1 ? (times[last] - times[0]) / (frames - 1) : 0
  const slabs: SlabRange[] = []
  let first = 0
  for (let slice = 1; slice <= slices; slice++) {
    const apart = slice === slices || meanStep(times, slices, frames, slice) > APART * interval
    if (!apart) continue
    slabs.push([first, slice - 1])
    first = slice
  }
  // Slices one by one in time are a spiral, or read out in turn: nothing that could be told apart.
  return slabs.length > slices / 2 && slices > 2 ? [[0, slices - 1]] : slabs
}

/** Seconds between a slice and the one below it, the mean over the frames. */
function meanStep(times: Float64Array, slices: number, frames: number, slice: number): number {
  let sum = 0
  for (let frame = 0; frame < frames; frame++) {
    sum += Math.abs(times[frame * slices + slice] - times[frame * slices + slice - 1])
  }
  return sum / frames
}
