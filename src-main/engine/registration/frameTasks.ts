import type { Geometry } from '@contract'
import type { Voxels } from '../volume'
import { align, alignNearly, type Alignment, type AlignmentTarget } from './alignment'
import type { Freedom } from './poseStep'
import type { GridMap } from './gridMap'
import type { Image } from './finerGrid'
import { reducedGeometry, reduceFrame, type SlabRange, type ValueRange } from './reducedGrid'
import { resampleSlices } from './resample'
import { inverse, type Rigid } from './rigid'
import { searchMotion } from './search'
import { blurSlices } from './softSlices'

/** What workers need to know of a slab; voxels and targets lie on shared memory. */
export interface SlabTask {
  /** Of the whole frame. */
  geometry: Geometry
  slab: SlabRange
  scale: { slope: number; intercept: number }
  range: ValueRange
  freedom: Freedom
  /** For the first steps and the search, its `factor` that of the fine one's pixels. */
  coarse: Resolution
  fine: Resolution
}

/** How frames and reference are compared: `factor` pixels each way averaged, then blurred within the slices. */
export interface Resolution {
  factor: number
  blurMm: number
  target: AlignmentTarget
}

type Seen = Pick<SlabTask, 'geometry' | 'slab' | 'scale' | 'range'>

/**
 * A frame as both resolutions see it. Blurring takes away what thick slices do not hold: where the skull slopes, a
 * border that is sharper within the slices than the next slice is far cannot be interpolated between them.
 */
export function softenedFrame(
  { geometry, slab, scale, range }: Seen,
  frame: Voxels,
  [fine, coarse]: readonly Pick<Resolution, 'factor' | 'blurMm'>[],
): { fine: Image; coarse: Image } {
  const all: SlabRange = [0, slab[1] - slab[0]]
  const fineGrid = reducedGeometry(geometry, slab, fine.factor)
  const fineValues = reduceFrame(frame, geometry, slab, fine.factor, scale, range)
  const coarseGrid = reducedGeometry(fineGrid, all, coarse.factor)
  const coarseValues = reduceFrame(fineValues, fineGrid, all, coarse.factor, { slope: 1, intercept: 0 })
  blurSlices(fineValues, fineGrid, fine.blurMm)
  blurSlices(coarseValues, coarseGrid, coarse.blurMm)
  return {
    fine: { geometry: fineGrid, values: fineValues },
    coarse: { geometry: coarseGrid, values: coarseValues },
  }
}

/** Aligns a frame (all its slices), first coarsely, from every guess; the best one counts. */
export function alignFrame(task: SlabTask, frame: Voxels, guesses: Rigid[]): Alignment {
  const { coarse, fine, freedom } = task
  const seen = softenedFrame(task, frame, [fine, coarse])
  const found = guesses.map((guess) => {
    const near = alignNearly(coarse.target, seen.coarse.values, guess, freedom)
    return align(fine.target, seen.fine.values, near.motion, freedom)
  })
  return found.reduce((best, other) => (other.difference < best.difference ? other : best))
}

/** Aligns a frame that is nearly in place. */
export function alignFinely(task: SlabTask, frame: Voxels, guess: Rigid): Alignment {
  const { coarse, fine, freedom } = task
  const seen = softenedFrame(task, frame, [fine, coarse])
  return align(fine.target, seen.fine.values, guess, freedom)
}

/** Aligns a frame that lies far from its place: elastix finds it at reduced resolution. */
export async function searchFrame(task: SlabTask, frame: Voxels, guesses: Rigid[]): Promise<Alignment> {
  const { coarse, fine } = task
  const { values, geometry } = softenedFrame(task, frame, [fine, coarse]).coarse
  const found = await searchMotion(geometry, coarse.target.values, values, guesses[0].centre)
  return alignFrame(task, frame, found ? [inverse(found), ...guesses] : guesses)
}

/** Mean of the frames in the reference's place, one slice, in the unit of the series. */
export function averageSlices(
  { geometry, slab, scale }: Omit<Seen, 'range'>,
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
