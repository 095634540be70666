import type { CurveSpace } from './curveSpace'

/** Neighbours a voxel is averaged with: offsets in voxels and their spatial weights. */
export interface Neighbourhood {
  dx: Int32Array
  dy: Int32Array
  weight: Float64Array
  /** Rows a block must know beyond its own. */
  reach: number
}

/** How far two curves may differ and still be averaged. */
export interface Similarity {
  /** Temporal standard deviation of a voxel, in enhancement; Infinity averages whatever is near (a plain Gaussian). */
  noise: number
  baselineFrames: number
  /** The baseline itself is compared too (CT: grey, white and fluid differ). */
  compareBaseline: boolean
}

const MOST_NEIGHBOURS_ACROSS = 11
/** Directions of the curve space in which curves are compared: those that tell tissues apart, not the noise. */
/** Baselines of one tissue differ by this much (HU, standard deviation) without meaning another tissue. */
const BASELINE_TEXTURE = 2
const COMPARED = 8
/** Width of the acceptance beyond what noise explains, in its standard deviations. */
const TOLERANCE = 1.5

/**
 * A Gaussian neighbourhood in the slice plane of standard deviation `sigma` mm, out to two of them; where voxels are
 * small only every n-th is used, since neighbours closer than a millimetre share their noise.
 */
export function gaussianNeighbourhood(sigma: number, spacing: readonly [number, number]): Neighbourhood {
  const radius = 2 * sigma
  const stride = spacing.map((step) => Math.max(1, Math.ceil((2 * radius) / step / MOST_NEIGHBOURS_ACROSS)))
  const dx: number[] = []
  const dy: number[] = []
  const weight: number[] = []
  const across = Math.floor(radius / (spacing[0] * stride[0]))
  const down = Math.floor(radius / (spacing[1] * stride[1]))
  for (let j = -down; j <= down; j++) {
    for (let i = -across; i <= across; i++) {
      const x = i * stride[0]
      const y = j * stride[1]
      const square = (x * spacing[0]) ** 2 + (y * spacing[1]) ** 2
      if (square > radius * radius) continue
      dx.push(x)
      dy.push(y)
      weight.push(Math.exp(-square / (2 * sigma * sigma)))
    }
  }
  return {
    dx: Int32Array.from(dx),
    dy: Int32Array.from(dy),
    weight: Float64Array.from(weight),
    reach: down * stride[1],
  }
}

/** A block of rows of one slice: coordinates of its voxels in the curve space, and where each voxel is. */
export interface CoordinateBlock {
  nx: number
  rows: number
  /** [row × nx + x]: position of a voxel in `coordinates`, −1 outside the mask. */
  slot: Int32Array
  /** [slot × rank]. */
  coordinates: Float32Array
  /** [slot], in the unit of the series. */
  baseline: Float32Array
}

/**
 * Averages the coordinates of one voxel with those of similar voxels nearby and writes them to out[at, at + rank).
 * A bilateral filter whose range is the time curve, as the time-intensity-profile filter of Mendrik et al. (Phys Med
 * Biol 2011;56:3857): a neighbour counts fully while its curve differs by no more than two noisy copies of one curve
 * would, and fades beyond. Without noise nothing is averaged but equals, so it blurs no edge that can be told from noise.
 */
export function createSimilarityFilter(
  space: CurveSpace,
  neighbourhood: Neighbourhood,
  similarity: Similarity,
): (block: CoordinateBlock, row: number, x: number, out: Float64Array, at: number) => void {
  const { rank, offset } = space
  const { dx, dy, weight } = neighbourhood
  const compared = Math.min(COMPARED, rank)
  const variance = 2 * similarity.noise * similarity.noise
  const perVariance = variance === Infinity ? 0 : 1 / Math.max(variance, 1e-12)
  // Two voxels' baselines are off by their own amounts; that shifts the coordinates along `offset`.
  let along = 0
  for (let r = 0; r < compared; r++) along += (offset[r] * offset[r]) / similarity.baselineFrames
  const perBaseline = similarity.compareBaseline
    ? 1 / (variance / similarity.baselineFrames + 2 * BASELINE_TEXTURE * BASELINE_TEXTURE)
    : 0
  const extra = similarity.compareBaseline ? 1 : 0
  const expected = compared + along + extra
  const spread = TOLERANCE * Math.sqrt(2 * (compared - 1 + extra + (1 + along) ** 2))
  const perSpread = 1 / spread

  return (block, row, x, out, at) => {
    const { nx, rows, slot, coordinates, baseline } = block
    const here = slot[row * nx + x]
    const own = here * rank
    let total = 0
    for (let r = 0; r < rank; r++) out[at + r] = 0
    for (let n = 0; n < dx.length; n++) {
      const i = x + dx[n]
      const j = row + dy[n]
      if (i < 0 || i >= nx || j < 0 || j >= rows) continue
      const there = slot[j * nx + i]
      if (there < 0) continue
      const other = there * rank
      const baselineGap = baseline[here] - baseline[there]
      let apart = baselineGap * baselineGap * perBaseline
      let square = 0
      for (let r = 0; r < compared; r++) {
        const gap = coordinates[own + r] - coordinates[other + r]
        square += gap * gap
      }
      apart += square * perVariance
      let share = weight[n]
      if (apart > expected) {
        const excess = (apart - expected) * perSpread
        if (excess > 4) continue
        share *= Math.exp(-0.5 * excess * excess)
      }
      total += share
      for (let r = 0; r < rank; r++) out[at + r] += share * coordinates[other + r]
    }
    const perTotal = 1 / total
    for (let r = 0; r < rank; r++) out[at + r] *= perTotal
  }
}
