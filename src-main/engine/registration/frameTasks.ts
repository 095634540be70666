import type { Geometry } from '@contract'
import type { Voxels } from '../volume'
import { align, alignNearly, type Alignment, type AlignmentTarget, type Freedom } from './alignment'
import type { GridMap } from './gridMap'
import { reduceFrame, type SlabRange, type ValueRange } from './reducedGrid'
import { resampleSlices } from './resample'
import { inverse, type Rigid } from './rigid'
import { searchMotion } from './search'

/** What workers need to know of a slab; voxels and targets lie on shared memory. */
export interface SlabTask {
  /** Of the whole frame. */
  geometry: Geometry
  slab: SlabRange
  scale: { slope: number; intercept: number }
  range: ValueRange
  freedom: Freedom
  /** The reference with fewer pixels a slice (`factor` times fewer each way), for the first steps and the search. */
  coarse: AlignmentTarget
  factor: number
  fine: AlignmentTarget
}

/** Aligns a frame (all its slices), first coarsely, from every guess; the best one counts. */
export function alignFrame(task: SlabTask, frame: Voxels, guesses: Rigid[]): Alignment {
  const { geometry, slab, scale, coarse, factor, freedom } = task
  const reduced = reduceFrame(frame, geometry, slab, factor, scale)
  const plain = { slope: 1, intercept: 0 }
  const coarsely = guesses.map((guess) =>
    alignNearly(coarse, { ...plain, voxels: reduced, geometry: coarse.geometry }, guess, freedom),
  )
  const found = coarsely.map(({ motion }) => alignFinely(task, frame, motion))
  return found.reduce((best, other) => (other.difference < best.difference ? other : best))
}

/** Aligns a frame that is nearly in place. */
export function alignFinely(task: SlabTask, frame: Voxels, guess: Rigid): Alignment {
  const { geometry, slab, scale, fine, freedom } = task
  const area = geometry.size[0] * geometry.size[1]
  const voxels = frame.subarray(slab[0] * area, (slab[1] + 1) * area)
  return align(fine, { ...scale, voxels, geometry: fine.geometry }, guess, freedom)
}

/** Aligns a frame that lies far from its place: elastix finds it at reduced resolution. */
export async function searchFrame(task: SlabTask, frame: Voxels, guesses: Rigid[]): Promise<Alignment> {
  const { geometry, slab, scale, range, coarse, factor } = task
  const reduced = reduceFrame(frame, geometry, slab, factor, scale)
  const clipped = (values: Float32Array): Float32Array =>
    values.map((value) => Math.min(range.highest, Math.max(range.lowest, value)))
  const found = await searchMotion(
    coarse.geometry,
    clipped(coarse.values),
    clipped(reduced),
    guesses[0].centre,
  )
  return alignFrame(task, frame, found ? [inverse(found), ...guesses] : guesses)
}

/** Mean of the frames in the reference's place, one slice, in the unit of the series. */
export function averageSlices(
  { geometry, slab, scale }: Omit<SlabTask, 'fine' | 'coarse'>,
  frames: readonly Voxels[],
  maps: readonly GridMap[],
  slice: number,
  mean: Float32Array,
): void {
  const area = geometry.size[0] * geometry.size[1]
  const resampled = new Float32Array(area)
  const sum = new Float32Array(area)
  frames.forEach((frame, n) => {
    resampleSlices(frame, geometry.size, maps[n], [slice, slice], resampled, 0)
    for (let i = 0; i < area; i++) sum[i] += resampled[i]
  })
  const start = (slice - slab[0]) * area
  for (let i = 0; i < area; i++) {
    mean[start + i] = (sum[i] / frames.length) * scale.slope + scale.intercept
  }
}
