import { FIRST_PASS, HALF_RISE, PEAK, TIME_TO_PEAK, WIDTH } from './curveFeatures'

/** Everything the search reads: features are [feature × voxel] of the whole volume. */
export interface SearchSpace {
  features: Float32Array
  search: Uint8Array
  size: readonly [number, number, number]
  /** Temporal standard deviation of one voxel, in enhancement. */
  noise: number
}

export interface VascularVoxels {
  /** Voxel indices in the volume, best first. */
  artery: number[]
  vein: number[]
}

export const SAMPLE_SIZE = 100

/**
 * Chooses up to 100 arterial and 100 venous voxels.
 *
 * Strong voxels enhance by at least a quarter of the strongest vessels. Among them arteries are those that rise first
 * (half of the peak within 1.5 s of the earliest group) with the best score peak/((time to peak − foot)·width), kept
 * while their peak is at least 70 % of the best ones'; veins rise later and hold the largest first-pass area
 * around them, kept within 10 % of it. Voxels without a strong neighbour are noise and left out. Empty lists where there is none.
 */
export function findVessels(space: SearchSpace): VascularVoxels {
  const { features, search, size, noise } = space
  const volume = search.length
  const get = (feature: number, voxel: number): number => features[feature * volume + voxel]
  // Ranking by the neighbours prefers the middle of a vessel and does not pick a voxel for its own noise.
  const around = (feature: number, voxel: number): number =>
    neighbourMean(features.subarray(feature * volume, (feature + 1) * volume), size, voxel)
  const enhancing: number[] = []
  for (let i = 0; i < volume; i++) if (search[i] === 1 && get(PEAK, i) > 6 * noise) enhancing.push(i)
  if (enhancing.length === 0) return { artery: [], vein: [] }
  enhancing.sort((a, b) => get(PEAK, b) - get(PEAK, a))
  const reference = get(PEAK, enhancing[Math.min(enhancing.length - 1, 20)])
  const isStrong = new Uint8Array(volume)
  for (const voxel of enhancing) {
    if (get(PEAK, voxel) < 0.25 * reference) break
    isStrong[voxel] = 1
  }
  const strong = enhancing.filter(
    (voxel) => isStrong[voxel] === 1 && strongNeighbours(isStrong, size, voxel) >= 2,
  )
  if (strong.length === 0) return { artery: [], vein: [] }

  const rises = strong.map((voxel) => get(HALF_RISE, voxel)).sort((a, b) => a - b)
  const earliest = rises[Math.min(rises.length - 1, Math.max(3, Math.floor(0.02 * rises.length)))]
  const early = strong.filter((voxel) => get(HALF_RISE, voxel) <= earliest + 1.5)
  const score = (voxel: number): number => {
    const rise = Math.max(get(TIME_TO_PEAK, voxel) - earliest + 3, 1)
    return around(PEAK, voxel) / (rise * Math.max(get(WIDTH, voxel), 1))
  }
  const ranked = early
    .map((voxel) => ({ voxel, score: score(voxel) }))
    .sort((a, b) => b.score - a.score)
    .map(({ voxel }) => voxel)
  const height = median(ranked.slice(0, 20).map((voxel) => get(PEAK, voxel)))
  const artery = ranked.filter((voxel) => get(PEAK, voxel) >= 0.7 * height).slice(0, SAMPLE_SIZE)

  const arterialRise = median(artery.map((voxel) => get(HALF_RISE, voxel)))
  const arterialPeak = median(artery.map((voxel) => get(TIME_TO_PEAK, voxel)))
  const late = strong
    .filter((voxel) => {
      const lag = get(HALF_RISE, voxel) - arterialRise
      return lag >= 1 && lag <= 15 && get(TIME_TO_PEAK, voxel) > arterialPeak + 1
    })
    .map((voxel) => ({ voxel, area: around(FIRST_PASS, voxel) }))
    .sort((a, b) => b.area - a.area)
  const area = median(late.slice(0, 20).map((candidate) => candidate.area))
  const vein = late.filter((candidate) => candidate.area >= 0.9 * area).slice(0, SAMPLE_SIZE)
  return { artery, vein: vein.map(({ voxel }) => voxel) }
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
