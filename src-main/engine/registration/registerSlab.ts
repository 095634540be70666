import { callForEach, type WorkerPool } from '../compute/pool'
import { partOfRun, type Run } from '../compute/run'
import { frameOf, stackSpacing, type VolumeSeries, type Voxels } from '../volume'
import { alignmentTarget, type Alignment } from './alignment'
import { softenedFrame, type SlabTask } from './frameTasks'
import { gridMap } from './gridMap'
import { median } from './order'
import {
  BONE_RANGE,
  centreOf,
  reducedGeometry,
  reductionFactor,
  type SlabRange,
  type ValueRange,
} from './reducedGrid'
import { compose, displacement, identityMotion, inverse, type Rigid } from './rigid'
import { sharedFloats } from './sharedVoxels'

/** Where the head lies in every frame of a slab. */
export interface SlabMotion {
  slab: SlabRange
  /** Takes points of the reference to points of the frame, [frame]. */
  motions: Rigid[]
  /** How unlike the reference each frame is once it is in place, 0 to 2, [frame]. */
  differences: number[]
  /** How far the motion may be off, mm, [frame]. */
  uncertainties: number[]
  /** Up to this a frame shows the head of the reference. */
  tolerance: number
  /** How far elastix was asked for. */
  searched: number
}

/** What frames are brought to. */
export interface ReferenceChoice {
  /** The frame whose place all get. */
  anchor: number
  /** Whether they are compared with the mean of the frames in that place, rather than with that frame. */
  toMean: boolean
  /** Frames that may make the mean. */
  used: readonly number[]
}

/** Pixels that are compared, and those of the first steps and of the search, mm. */
const FINE_MM = 1.8
const COARSE_MM = 3.6
/**
 * Standard deviation of the blur within the slices, mm; less where there is no bone to go by: what changes with contrast
 * must not be smeared over the edges that do not.
 */
const FINE_BLUR_MM = 2.2
const SOFT_FINE_BLUR_MM = 0.6
const COARSE_BLUR_MM = 4
/** Frames that make the mean. */
const MOST_AVERAGED = 16
/** Frames that differ more are blurred, where slices are thick, by bringing them together, mm. */
const SAME_PLACE_MM = 0.5
/** Less than this many millimetres of head, along the slices' normal, show no motion but within the slices. */
const THIN_MM = 12
/** A frame so many times more unlike the reference than the middle frame, and more than so much: it is suspect. */
const SUSPECT = 4
const UNLIKE = 0.1
/** Motion that the fine alignment finds from anywhere, mm. */
const NEAR_MM = 6
const FEWEST_EDGES = 300

/** A slab with the frame that others are compared with, and those that were already brought to it. */
export interface SlabStart {
  slab: SlabRange
  task: SlabTask
  /** By frame. */
  aligned: ReadonlyMap<number, Alignment>
}

/** Brings some frames to the place of another; null where that one shows no edges. Far cheaper than a registration. */
export async function startSlab(
  pool: WorkerPool,
  series: VolumeSeries,
  slab: SlabRange,
  anchor: number,
  others: readonly number[],
  run: Run,
): Promise<SlabStart | null> {
  const task = slabTask(series, slab, frameOf(series, anchor))
  if (task === null) return null
  const aligned = await alignFromStill(pool, task, series, others, run)
  return { slab, task, aligned: new Map(others.map((frame, n) => [frame, aligned[n]])) }
}

/** How unlike the reference the frames of a start are once they are nearly in its place, 0 to 2, the middle one. */
export const unlikeness = ({ aligned }: SlabStart): number =>
  median([...aligned.values()].map(({ difference }) => difference))

const stillOf = (task: SlabTask): Rigid => identityMotion(centreOf(task.fine.target.geometry))

function alignFromStill(
  pool: WorkerPool,
  task: SlabTask,
  series: VolumeSeries,
  which: readonly number[],
  run: Run,
  stage = '',
): Promise<Alignment[]> {
  const tasks = which.map((frame) => [task, frameOf(series, frame), [stillOf(task)]])
  return callForEach<Alignment>(pool, 'alignFrame', tasks, run, stage)
}

/**
 * Registers every frame of a slab to the reference: each at once (coarse, then fine), those that do not fit again from
 * their neighbours' places and from elastix's, and, where the reference is the mean, all once more to the mean.
 */
export async function registerSlab(
  pool: WorkerPool,
  series: VolumeSeries,
  { slab, task, aligned }: SlabStart,
  { anchor, toMean, used }: ReferenceChoice,
  run: Run,
): Promise<SlabMotion> {
  const frames = Array.from({ length: series.frames }, (_, frame) => frameOf(series, frame))
  const still = stillOf(task)
  const missing = [...frames.keys()].filter((frame) => !aligned.has(frame))
  const added = await alignFromStill(
    pool,
    task,
    series,
    missing,
    partOfRun(run, 0, 0.5),
    'Following the head',
  )
  const found = new Map([...aligned, ...missing.map((frame, n) => [frame, added[n]] as const)])
  const first = [...frames.keys()].flatMap((frame) => found.get(frame) ?? [])
  const searched = await again(pool, task, frames, first, partOfRun(run, 0.5, 0.7))
  if (!toMean) {
    first[anchor] = { motion: still, difference: 0, uncertaintyMm: 0 }
    return finished(slab, first, searched)
  }
  const mean = await meanTask(pool, task, frames, first, used, partOfRun(run, 0.7, 0.8))
  const second = await callForEach<Alignment>(
    pool,
    'alignFinely',
    frames.map((frame, index) => [mean, frame, first[index].motion]),
    partOfRun(run, 0.8, 1),
    'Following the head',
  )
  // The mean lies where its first frame does, up to the fine alignment's word: that frame itself must not move.
  const home = inverse(second[anchor].motion)
  const inPlace = second.map((alignment) => ({ ...alignment, motion: compose(home, alignment.motion) }))
  inPlace[anchor] = { ...inPlace[anchor], motion: still, uncertaintyMm: 0 }
  return finished(slab, inPlace, searched)
}

function finished(slab: SlabRange, found: Alignment[], searched: number): SlabMotion {
  return {
    slab,
    motions: found.map(({ motion }) => inverse(motion)),
    differences: found.map(({ difference }) => difference),
    uncertainties: found.map(({ uncertaintyMm }) => uncertaintyMm),
    tolerance: toleranceOf(found),
    searched,
  }
}

function toleranceOf(found: Alignment[]): number {
  const differences = found.map(({ difference }) => difference).filter((difference) => difference > 0)
  return Math.max(SUSPECT * median(differences), UNLIKE)
}

/** Tries the frames that do not fit, or that lie far away, from other places; replaces what turns out better. */
async function again(
  pool: WorkerPool,
  task: SlabTask,
  frames: Voxels[],
  found: Alignment[],
  run: Run,
): Promise<number> {
  const tolerance = toleranceOf(found)
  const fits = found.map(({ difference }) => difference <= tolerance)
  const suspects = found.flatMap(({ motion }, index) =>
    fits[index] && displacement(motion) <= NEAR_MM ? [] : [index],
  )
  const guesses = suspects.map((index) => {
    const neighbours = [-1, 1].flatMap((direction) => {
      for (let other = index + direction; other >= 0 && other < found.length; other += direction) {
        if (fits[other]) return [found[other].motion]
      }
      return []
    })
    return neighbours.length > 0 ? neighbours : [identityMotion(found[index].motion.centre)]
  })
  const method = task.freedom === 'rigid' ? 'searchFrame' : 'alignFrame'
  const retried = await callForEach<Alignment>(
    pool,
    method,
    suspects.map((index, n) => [task, frames[index], guesses[n]]),
    run,
    'Looking for a head that moved far',
  )
  suspects.forEach((index, n) => {
    if (retried[n].difference < found[index].difference) found[index] = retried[n]
  })
  return suspects.length
}

/** The reference from one frame; null where it shows no edges. */
function slabTask(series: VolumeSeries, slab: SlabRange, frame: Voxels): SlabTask | null {
  const { geometry, slope, intercept } = series
  const scale = { slope, intercept }
  const height = (slab[1] - slab[0]) * stackSpacing(geometry)
  const freedom = height < THIN_MM ? 'inPlane' : 'rigid'
  for (const range of valueRanges(series, frame)) {
    const seen = { geometry, slab, scale, range }
    const task = { ...seen, freedom, ...resolutions(seen, frame) } as const
    if (task.fine.target.edges.length >= FEWEST_EDGES) return task
  }
  return null
}

function resolutions(
  seen: Pick<SlabTask, 'geometry' | 'slab' | 'scale' | 'range'>,
  reference: Voxels,
): Pick<SlabTask, 'fine' | 'coarse'> {
  const blurMm = seen.range === BONE_RANGE ? FINE_BLUR_MM : SOFT_FINE_BLUR_MM
  const fine = { factor: reductionFactor(seen.geometry, FINE_MM), blurMm }
  const finely = reducedGeometry(seen.geometry, seen.slab, fine.factor)
  const coarse = { factor: reductionFactor(finely, COARSE_MM), blurMm: COARSE_BLUR_MM }
  const softened = softenedFrame(seen, reference, [fine, coarse])
  return {
    fine: { ...fine, target: alignmentTarget(softened.fine, seen.range) },
    coarse: { ...coarse, target: alignmentTarget(softened.coarse, seen.range) },
  }
}

/** What shows the head, the best first: bone; where there is none, soft tissue. In MR what is bright. */
function valueRanges({ unit, slope, intercept }: VolumeSeries, frame: Voxels): ValueRange[] {
  if (unit === 'HU') return [BONE_RANGE, { lowest: 0, highest: 80 }]
  const stride = Math.max(1, Math.floor(frame.length / 20_000))
  const values = Float32Array.from(
    { length: Math.floor(frame.length / stride) },
    (_, i) => frame[i * stride],
  ).sort()
  const at = (share: number): number => values[Math.floor(share * (values.length - 1))] * slope + intercept
  return [{ lowest: at(0), highest: Math.max(at(0.999), at(0) + 1e-6) }]
}

/** The same slab with the mean of its frames for a reference. */
async function meanTask(
  pool: WorkerPool,
  task: SlabTask,
  frames: Voxels[],
  found: Alignment[],
  mayMake: readonly number[],
  run: Run,
): Promise<SlabTask> {
  const { geometry, slab, scale, range, freedom } = task
  const tolerance = toleranceOf(found)
  const usable = mayMake.filter((index) => found[index].difference <= tolerance)
  const distance = (index: number): number => displacement(found[index].motion)
  const used = usable
    .filter((index) => distance(index) <= SAME_PLACE_MM)
    .sort((one, other) => distance(one) - distance(other))
    .slice(0, MOST_AVERAGED)
  const maps = used.map((index) => gridMap(geometry, inverse(found[index].motion), geometry))
  const averaged = used.map((index) => frames[index])
  const grid = reducedGeometry(geometry, slab, 1)
  const values = sharedFloats(grid.size[0] * grid.size[1] * grid.size[2])
  const slices = Array.from({ length: grid.size[2] }, (_, n) => slab[0] + n)
  await callForEach(
    pool,
    'averageSlices',
    slices.map((slice) => [{ geometry, slab, scale }, averaged, maps, slice, values]),
    run,
    'Averaging the frames',
  )
  const all: SlabRange = [0, grid.size[2] - 1]
  const seen = { geometry: grid, slab: all, scale: { slope: 1, intercept: 0 }, range }
  return { geometry, slab, scale, range, freedom, ...resolutions(seen, values) }
}
