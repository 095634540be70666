import type { Vec3 } from '@contract'
import { SEARCH } from '../masks'
import { FIRST_PASS, HALF_RISE, PEAK, TAIL, TIME_TO_PEAK, WIDTH } from './curveFeatures'

/** Everything the search reads: features are [feature × voxel] of the whole volume. */
export interface SearchSpace {
  features: Float32Array
  search: Uint8Array
  size: readonly [number, number, number]
  /** In the slice plane, mm. */
  spacing: readonly [number, number]
  /** Temporal standard deviation of one voxel, in enhancement. */
  noise: number
}

export const SAMPLE_SIZE = 100
/** A vessel's bolus is no wider at half its height, s, and has fallen below this share of its peak at the end. */
const WIDEST = 25
const HIGHEST_TAIL = 0.8
/** Arteries of the brain fill within this many seconds of one another. */
const TOGETHER = 1.5
const MOST_CANDIDATES = 1000
const RANK_OF_STRONGEST = 20
/** Limits of the venous misfit, tried in turn until enough voxels keep one. */
const MISFITS = [0.01, 0.03, 0.1]
const ENOUGH_VEINS = 10

/**
 * Chooses up to 100 arterial voxels, best first. Vessels enhance by at least a quarter of the strongest and come down
 * again; voxels without strong neighbours are noise. Among them arteries are those that rise first (half of the peak
 * within 1.5 s of the earliest group) with the best score peak/((time to peak − foot)·width), kept while their peak is
 * at least 70 % of the best ones'. Empty where there is none.
 */
export function findArteries(space: SearchSpace): number[] {
  const get = reader(space)
  const around = neighbourReader(space)
  const candidates = strongVoxels(space).filter((voxel) => space.search[voxel] === SEARCH.everything)
  if (candidates.length === 0) return []
  const rises = candidates.map((voxel) => get(HALF_RISE, voxel)).sort((a, b) => a - b)
  const earliest = rises[Math.min(rises.length - 1, Math.max(3, Math.floor(0.02 * rises.length)))]
  const ranked = candidates
    .filter((voxel) => get(HALF_RISE, voxel) <= earliest + TOGETHER)
    .map((voxel) => {
      const rise = Math.max(get(TIME_TO_PEAK, voxel) - earliest + 3, 1)
      return { voxel, score: around(PEAK, voxel) / (rise * Math.max(get(WIDTH, voxel), 1)) }
    })
    .sort((a, b) => b.score - a.score)
    .map(({ voxel }) => voxel)
  const height = median(ranked.slice(0, 20).map((voxel) => get(PEAK, voxel)))
  return ranked.filter((voxel) => get(PEAK, voxel) >= 0.7 * height).slice(0, SAMPLE_SIZE)
}

/**
 * Chooses up to 100 venous voxels, best first: vessels that rise 1 to 15 s after the artery and have the largest
 * first-pass area around them (the middle of a sinus, free of partial volume), kept within 10 % of it. `misfit` says
 * how badly a voxel's curve fits the artery's (see venousMisfit); the strictest limit that leaves enough voxels holds.
 */
export function findVeins(
  space: SearchSpace,
  artery: readonly number[],
  misfit: (voxel: number) => number,
): number[] {
  const get = reader(space)
  const around = neighbourReader(space)
  const rise = median(artery.map((voxel) => get(HALF_RISE, voxel)))
  const peak = median(artery.map((voxel) => get(TIME_TO_PEAK, voxel)))
  const late = strongVoxels(space)
    .filter((voxel) => {
      const lag = get(HALF_RISE, voxel) - rise
      return lag >= 1 && lag <= 15 && get(TIME_TO_PEAK, voxel) > peak + 1
    })
    .map((voxel) => ({ voxel, area: around(FIRST_PASS, voxel) }))
    .sort((a, b) => b.area - a.area)
    .slice(0, MOST_CANDIDATES)
    .map((candidate) => ({ ...candidate, misfit: misfit(candidate.voxel) }))
  const fitting = MISFITS.map((limit) => late.filter((candidate) => candidate.misfit <= limit))
  const trusted =
    fitting.find((candidates) => candidates.length >= ENOUGH_VEINS) ?? fitting[fitting.length - 1]
  const area = median(trusted.slice(0, 20).map((candidate) => candidate.area))
  return trusted
    .filter((candidate) => candidate.area >= 0.9 * area)
    .slice(0, SAMPLE_SIZE)
    .map(({ voxel }) => voxel)
}

/** How far partial volume and what is left of motion spread a vessel's contrast within a slice, mm. */
const SPREAD = 3
/** Less of the vessel's peak than this is tissue. */
const LEAST_SHARE = 0.05

/**
 * The voxels of an artery and those around it that share its contrast: within 3 mm and a slice, filling with it. What
 * motion takes from an artery's voxels in one frame it gives to these, so that the shape of the sum lasts.
 */
export function withSurroundings(space: SearchSpace, artery: readonly number[]): number[] {
  const { size, spacing } = space
  const [nx, ny, nz] = size
  const get = reader(space)
  const rise = median(artery.map((voxel) => get(HALF_RISE, voxel)))
  const least = LEAST_SHARE * median(artery.map((voxel) => get(PEAK, voxel)))
  const offsets: Vec3[] = []
  const [reachX, reachY] = spacing.map((mm) => Math.floor(SPREAD / mm))
  for (let dy = -reachY; dy <= reachY; dy++) {
    for (let dx = -reachX; dx <= reachX; dx++) {
      if (Math.hypot(dx * spacing[0], dy * spacing[1]) > SPREAD) continue
      for (let dz = -1; dz <= 1; dz++) offsets.push([dx, dy, dz])
    }
  }
  const together = new Set(artery)
  for (const voxel of artery) {
    const [x, y, z] = [voxel % nx, Math.floor(voxel / nx) % ny, Math.floor(voxel / (nx * ny))]
    for (const [dx, dy, dz] of offsets) {
      if (x + dx < 0 || x + dx >= nx || y + dy < 0 || y + dy >= ny || z + dz < 0 || z + dz >= nz) continue
      const beside = voxel + (dz * ny + dy) * nx + dx
      if (space.search[beside] !== SEARCH.everything || get(PEAK, beside) < least) continue
      if (Math.abs(get(HALF_RISE, beside) - rise) <= TOGETHER) together.add(beside)
    }
  }
  return [...together]
}

function reader({ features, search }: SearchSpace): (feature: number, voxel: number) => number {
  return (feature, voxel) => features[feature * search.length + voxel]
}

/** Ranking by the neighbours prefers the middle of a vessel and does not pick a voxel for its own noise. */
function neighbourReader({
  features,
  search,
  size,
}: SearchSpace): (feature: number, voxel: number) => number {
  return (feature, voxel) =>
    neighbourMean(features.subarray(feature * search.length, (feature + 1) * search.length), size, voxel)
}

/** Voxels with the curve of a vessel and at least two neighbours as strong. */
function strongVoxels(space: SearchSpace): number[] {
  const { features, search, size, noise } = space
  const volume = search.length
  const get = reader(space)
  const peaks = features.subarray(PEAK * volume, (PEAK + 1) * volume)
  const least = Math.max(6 * noise, 0.25 * strongest(peaks, search))
  if (!(least > 0)) return []
  const isStrong = new Uint8Array(volume)
  for (let i = 0; i < volume; i++) if (search[i] !== SEARCH.nowhere && peaks[i] >= least) isStrong[i] = 1
  const strong: number[] = []
  for (let i = 0; i < volume; i++) {
    if (isStrong[i] === 0 || get(WIDTH, i) > WIDEST || get(TAIL, i) > HIGHEST_TAIL) continue
    if (strongNeighbours(isStrong, size, i) >= 2) strong.push(i)
  }
  return strong
}

/** The twentieth highest value where anything is searched: the strongest vessels, not the strongest noise. */
export function strongest(values: Float32Array, search: Uint8Array): number {
  const top = new Float32Array(RANK_OF_STRONGEST).fill(-Infinity)
  for (let i = 0; i < values.length; i++) {
    if (search[i] !== SEARCH.everything || values[i] <= top[0]) continue
    // `top` rises; the new value takes its place and the lowest falls out.
    let at = 0
    while (at + 1 < top.length && top[at + 1] < values[i]) {
      top[at] = top[at + 1]
      at++
    }
    top[at] = values[i]
  }
  return top.find((value) => value > -Infinity) ?? 0
}

function strongNeighbours(
  strong: Uint8Array,
  size: readonly [number, number, number],
  voxel: number,
): number {
  const [nx, ny] = size
  const x = voxel % nx
  const y = Math.floor(voxel / nx) % ny
  let count = 0
  for (let dy = -1; dy <= 1; dy++) {
    for (let dx = -1; dx <= 1; dx++) {
      if ((dx === 0 && dy === 0) || x + dx < 0 || x + dx >= nx || y + dy < 0 || y + dy >= ny) continue
      count += strong[voxel + dy * nx + dx]
    }
  }
  return count
}

/** Mean of the eight neighbours of a voxel in its slice, without the voxel. */
function neighbourMean(
  plane: Float32Array,
  [nx, ny]: readonly [number, number, number],
  voxel: number,
): number {
  const x = voxel % nx
  const y = Math.floor(voxel / nx) % ny
  let sum = 0
  let count = 0
  for (let dy = -1; dy <= 1; dy++) {
    for (let dx = -1; dx <= 1; dx++) {
      if ((dx === 0 && dy === 0) || x + dx < 0 || x + dx >= nx || y + dy < 0 || y + dy >= ny) continue
      sum += plane[voxel + dy * nx + dx]
      count++
    }
  }
  return sum / count
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return 0
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle])
}
