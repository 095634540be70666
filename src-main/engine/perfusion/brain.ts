import type { Vec3 } from '@contract'
import { boxMean, dilate, erode, fillHoles, labelComponents } from './morphology'

/** What `findBrain` reads and fills; all [voxel], shared. */
export interface BrainSearch {
  /** Baseline image in HU (CT) or signal (MR), float32. */
  baseline: SharedArrayBuffer
  size: Vec3
  spacing: Vec3
  modality: 'ct' | 'mr'
  /** uint8: brain with its vessels and CSF. */
  brain: SharedArrayBuffer
  /** uint8: where vessels are looked for; see SEARCH. */
  search: SharedArrayBuffer
}

/**
 * Values of the search mask. The sinuses run along the inner table, so veins are looked for up to the bone; arteries not
 * that near, where the slightest motion makes bone look like contrast.
 */
export const SEARCH = { nowhere: 0, veinsOnly: 1, everything: 2 } as const
/** mm */
const NEAR_BONE = 3

const AIR = -300
const BONE = 300
const TISSUE_LOWER = -20
const TISSUE_UPPER = 120
/** Enhanced blood in the first frames of an early bolus stays below this. */
const SOFT_LOWER = -100
const SOFT_UPPER = 250
const WATER = 6

/**
 * Finds the brain and the region to search for vessels, and writes both masks.
 * CT with a skull: soft tissue enclosed by bone, cut loose from scalp and face by an opening, largest component,
 * closed and filled. CT without a skull (phantoms, cropped fields of view): all soft tissue that is not air or water.
 * MR: above Otsu's threshold, opened, largest component, filled. False when nothing is left.
 */
export function findBrain(request: BrainSearch): boolean {
  const { size, spacing, modality } = request
  const baseline = new Float32Array(request.baseline)
  const found = modality === 'ct' ? brainOnCt(baseline, size, spacing) : brainOnMr(baseline, size, spacing)
  new Uint8Array(request.brain).set(found.brain)
  new Uint8Array(request.search).set(found.search)
  return found.brain.includes(1)
}

interface FoundBrain {
  brain: Uint8Array
  search: Uint8Array
}

function brainOnCt(baseline: Float32Array, size: Vec3, spacing: Vec3): FoundBrain {
  const soft = Uint8Array.from(baseline, (value) => (value > SOFT_LOWER && value < SOFT_UPPER ? 1 : 0))
  const smooth = meanWithin(baseline, soft, size, Math.max(1, Math.round(1 / spacing[0])))
  const tissue = soft.map((value, i) =>
    value === 1 && smooth[i] > TISSUE_LOWER && smooth[i] < TISSUE_UPPER ? 1 : 0,
  )
  const bone = Uint8Array.from(baseline, (value) => (value > BONE ? 1 : 0))
  const head = baseline.reduce((sum, value) => sum + (value > AIR ? 1 : 0), 0)
  const bony = bone.reduce((sum, value) => sum + value, 0)
  if (bony < 0.02 * head) {
    const objects = withoutSpecks(
      Uint8Array.from(smooth, (value, i) => (tissue[i] === 1 && value > WATER ? 1 : 0)),
      size,
    )
    return { brain: objects, search: objects.map((value) => value * SEARCH.everything) }
  }
  const inside = insideSkull(bone, baseline, size, spacing)
  const core = largestComponent(erode(and(tissue, inside), size, spacing, 3), size)
  const grown = and(and(dilate(core, size, spacing, 4), inside), soft)
  const brain = and(fillHoles(closePlanar(grown, size, spacing, 3), size), not(bone))
  const nearBone = dilate(bone, size, spacing, NEAR_BONE)
  const reach = and(dilate(brain, size, spacing, 8), inside)
  const search = reach.map((value, i) => {
    if (value === 0 || baseline[i] < -50 || baseline[i] > BONE) return SEARCH.nowhere
    return nearBone[i] === 1 ? SEARCH.veinsOnly : SEARCH.everything
  })
  return { brain, search }
}

/**
 * What bone encloses in each slice, small gaps in it bridged (4 mm); the whole slice where bone encloses less than a
 * quarter of the head (skull base, cropped field of view).
 */
function insideSkull(bone: Uint8Array, baseline: Float32Array, size: Vec3, spacing: Vec3): Uint8Array {
  const area = size[0] * size[1]
  const wall = dilate(bone, size, spacing, 4)
  const cavity = and(fillHoles(wall, size), not(wall))
  const inside = and(dilate(cavity, size, spacing, 5), not(bone))
  for (let z = 0; z < size[2]; z++) {
    let enclosed = 0
    let head = 0
    for (let i = z * area; i < (z + 1) * area; i++) {
      enclosed += inside[i]
      if (baseline[i] > AIR) head++
    }
    if (enclosed < 0.25 * head) {
      for (let i = z * area; i < (z + 1) * area; i++) inside[i] = bone[i] === 0 ? 1 : 0
    }
  }
  return inside
}

function brainOnMr(baseline: Float32Array, size: Vec3, spacing: Vec3): FoundBrain {
  const threshold = otsuThreshold(baseline)
  const bright = Uint8Array.from(baseline, (value) => (value > threshold ? 1 : 0))
  const opened = erode(bright, size, spacing, 3)
  const core = opened.includes(1) ? largestComponent(opened, size) : largestComponent(bright, size)
  const grown = and(dilate(core, size, spacing, 4), bright)
  const brain = fillHoles(closePlanar(grown, size, spacing, 3), size)
  return { brain, search: brain.map((value) => value * SEARCH.everything) }
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

/** Mean over the (2r+1)² neighbours that lie in `within`; air and bone do not bleed into the edge of the brain. */
export function meanWithin(
  image: Float32Array,
  within: Uint8Array,
  size: Vec3,
  radius: number,
): Float32Array {
  const sum = boxMean(
    image.map((value, i) => (within[i] === 1 ? value : 0)),
    size,
    radius,
  )
  const share = boxMean(Float32Array.from(within), size, radius)
  return sum.map((value, i) => (share[i] > 1e-3 ? value / share[i] : 0))
}

function largestComponent(mask: Uint8Array, size: Vec3): Uint8Array {
  const { labels, sizes } = labelComponents(mask, size)
  const largest = 1 + sizes.indexOf(Math.max(...sizes, 0))
  return Uint8Array.from(labels, (label) => (label !== 0 && label === largest ? 1 : 0))
}

function withoutSpecks(mask: Uint8Array, size: Vec3): Uint8Array {
  const { labels, sizes } = labelComponents(mask, size)
  return Uint8Array.from(labels, (label) => (label !== 0 && sizes[label - 1] >= 9 ? 1 : 0))
}

function closePlanar(mask: Uint8Array, size: Vec3, spacing: Vec3, radius: number): Uint8Array {
  return erode(dilate(mask, size, spacing, radius), size, spacing, radius)
}

function and(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((value, i) => value & b[i])
}

function not(a: Uint8Array): Uint8Array {
  return a.map((value) => 1 - value)
}
