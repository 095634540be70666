import { close, dilate, erode, fillHoles, labelComponents, meanWithin, type Grid } from './morphology'

/** What the search for the brain reads and fills; all [voxel] of the volume, shared between workers. */
export interface BrainSearch extends Grid {
  /** Baseline image in HU (CT) or signal (MR), float32. */
  baseline: SharedArrayBuffer
  /** CT with a skull, CT without one (phantoms, cropped fields of view), or MR. */
  kind: 'skull' | 'bare' | 'mr'
  /** MR: signal that parts tissue from background. */
  threshold: number
  /** uint8: where the brain can be; then its opened core. */
  inside: SharedArrayBuffer
  core: SharedArrayBuffer
  /** uint8: brain with its vessels and fluid. */
  brain: SharedArrayBuffer
  /** uint8: where vessels are looked for; see SEARCH. */
  search: SharedArrayBuffer
}

/**
 * Values of the search mask. The sinuses run along the inner table, so veins are looked for up to the bone; arteries not
 * that near, where the slightest motion makes bone look like contrast.
 */
export const SEARCH = { nowhere: 0, veinsOnly: 1, everything: 2 } as const

/** HU */
export const AIR = -300
export const BONE = 300
const TISSUE_LOWER = -20
const TISSUE_UPPER = 120
/** Enhanced blood in the first frames of an early bolus stays below the upper one. */
const SOFT_LOWER = -100
const SOFT_UPPER = 250
const WATER = 6
/** mm */
const OPENING = 3
const GROWTH = 4
const CLOSING = 3
const SKULL_GAPS = 4
const NEAR_BONE = 3
const SEARCH_REACH = 8
const SMALLEST = 9

/**
 * First step, for one slice: where the brain can be and its core, cut loose by an opening. With a skull that is soft
 * tissue (−20 to 120 HU) enclosed by bone; without one all soft tissue that is not water; in MR what is bright.
 */
export function outlineBrain(search: BrainSearch, slice: number): void {
  const baseline = sliceOf(new Float32Array(search.baseline), search, slice)
  const flat: Grid = { size: [search.size[0], search.size[1], 1], spacing: search.spacing }
  const inside = sliceOf(new Uint8Array(search.inside), search, slice)
  const core = sliceOf(new Uint8Array(search.core), search, slice)
  if (search.kind === 'mr') {
    inside.set(between(baseline, search.threshold, Infinity))
    core.set(erode(inside, flat, OPENING))
    return
  }
  const soft = softTissue(baseline)
  const smooth = meanWithin(baseline, soft, flat.size, Math.max(1, Math.round(1 / search.spacing[0])))
  const tissue = soft.map((value, i) =>
    value === 1 && smooth[i] > TISSUE_LOWER && smooth[i] < TISSUE_UPPER ? 1 : 0,
  )
  if (search.kind === 'bare') {
    inside.set(tissue.map((value, i) => (value === 1 && smooth[i] > WATER ? 1 : 0)))
    core.set(inside)
    return
  }
  inside.set(insideSkull(baseline, flat))
  core.set(erode(and(tissue, inside), flat, OPENING))
}

/**
 * Second step, for the volume: keeps the largest component of the core (without a skull every object that is no speck).
 * False when nothing is left.
 */
export function keepBrain(search: BrainSearch): boolean {
  const core = new Uint8Array(search.core)
  if (search.kind === 'mr' && !core.includes(1)) core.set(new Uint8Array(search.inside))
  const { labels, sizes } = labelComponents(core, search.size)
  const largest = sizes.reduce((most, size) => Math.max(most, size), 0)
  const least = search.kind === 'bare' ? SMALLEST : Math.max(1, largest)
  let kept = 0
  for (let i = 0; i < core.length; i++) {
    core[i] = labels[i] !== 0 && sizes[labels[i] - 1] >= least ? 1 : 0
    kept += core[i]
  }
  return kept > 0
}

/** Third step, for one slice: the core grown back, closed and filled is the brain; around it lies the search. */
export function growBrain(search: BrainSearch, slice: number): void {
  const baseline = sliceOf(new Float32Array(search.baseline), search, slice)
  const flat: Grid = { size: [search.size[0], search.size[1], 1], spacing: search.spacing }
  const core = sliceOf(new Uint8Array(search.core), search, slice)
  const inside = sliceOf(new Uint8Array(search.inside), search, slice)
  const brain = sliceOf(new Uint8Array(search.brain), search, slice)
  const looked = sliceOf(new Uint8Array(search.search), search, slice)
  if (search.kind === 'bare') {
    brain.set(core)
    looked.set(core.map((value) => value * SEARCH.everything))
    return
  }
  const grown = and(dilate(core, flat, GROWTH), inside)
  if (search.kind === 'mr') {
    brain.set(fillHoles(close(grown, flat, CLOSING), flat))
    looked.set(brain.map((value) => value * SEARCH.everything))
    return
  }
  const bone = boneOf(baseline)
  const filled = fillHoles(close(and(grown, softTissue(baseline)), flat, CLOSING), flat)
  brain.set(filled.map((value, i) => (value === 1 && bone[i] === 0 ? 1 : 0)))
  const nearBone = dilate(bone, flat, NEAR_BONE)
  const reach = and(dilate(brain, flat, SEARCH_REACH), inside)
  looked.set(
    reach.map((value, i) => {
      if (value === 0 || baseline[i] < -50 || baseline[i] > BONE) return SEARCH.nowhere
      return nearBone[i] === 1 ? SEARCH.veinsOnly : SEARCH.everything
    }),
  )
}

/**
 * What bone encloses in a slice, small gaps in it bridged; everything but bone where it encloses less than a quarter of
 * the head (skull base, cropped field of view).
 */
function insideSkull(baseline: Float32Array, flat: Grid): Uint8Array {
  const bone = boneOf(baseline)
  const wall = dilate(bone, flat, SKULL_GAPS)
  const cavity = fillHoles(wall, flat).map((value, i) => (value === 1 && wall[i] === 0 ? 1 : 0))
  const inside = dilate(cavity, flat, SKULL_GAPS + 1).map((value, i) =>
    value === 1 && bone[i] === 0 ? 1 : 0,
  )
  const enclosed = inside.reduce((sum, value) => sum + value, 0)
  const head = baseline.reduce((sum, value) => sum + (value > AIR ? 1 : 0), 0)
  return enclosed < 0.25 * head ? bone.map((value) => 1 - value) : inside
}

/** The threshold that separates two classes with the least variance within them (Otsu 1979), on 256 levels. */
export function otsuThreshold(values: Float32Array): number {
  let lower = Infinity
  let upper = -Infinity
  for (const value of values) {
    if (value < lower) lower = value
    if (value > upper) upper = value
  }
  const levels = 256
  const scale = upper > lower ? (levels - 1) / (upper - lower) : 0
  const histogram = new Float64Array(levels)
  for (const value of values) histogram[Math.floor((value - lower) * scale)]++
  let total = 0
  for (let level = 0; level < levels; level++) total += level * histogram[level]
  let below = 0
  let sumBelow = 0
  let best = -1
  let cut = 0
  for (let level = 0; level < levels - 1; level++) {
    below += histogram[level]
    sumBelow += level * histogram[level]
    const above = values.length - below
    if (below === 0 || above === 0) continue
    const apart = sumBelow / below - (total - sumBelow) / above
    const between = below * above * apart * apart
    if (between > best) {
      best = between
      cut = level
    }
  }
  return scale > 0 ? lower + (cut + 1) / scale : upper
}

function sliceOf<T extends Float32Array | Uint8Array>(volume: T, { size }: Grid, slice: number): T {
  const area = size[0] * size[1]
  return volume.subarray(slice * area, (slice + 1) * area) as T
}

function softTissue(baseline: Float32Array): Uint8Array {
  return between(baseline, SOFT_LOWER, SOFT_UPPER)
}

function boneOf(baseline: Float32Array): Uint8Array {
  return between(baseline, BONE, Infinity)
}

function between(values: Float32Array, lower: number, upper: number): Uint8Array {
  const inside = new Uint8Array(values.length)
  for (let i = 0; i < values.length; i++) if (values[i] > lower && values[i] < upper) inside[i] = 1
  return inside
}

function and(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((value, i) => value & b[i])
}
