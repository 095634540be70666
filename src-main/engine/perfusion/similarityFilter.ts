import { LANES, createBlockProduct, padded, type Plane, type VectorUnit } from '../compute/vectorUnit'
import { eachMaskedBlock, type BlockReader, type RowSource } from './blockReader'
import type { CurveSpace } from './curveSpace'

/** How curves are averaged with their neighbours. */
export interface Averaging {
  /** Standard deviation in the slice plane, mm. */
  sigma: number
  spacing: [number, number]
  /** Temporal standard deviation of a voxel, in enhancement; Infinity averages whatever is near (a plain Gaussian). */
  noise: number
  /** The baseline itself is compared too (CT: grey, white and fluid differ). */
  compareBaseline: boolean
}

/** Neighbours a voxel is averaged with: offsets in voxels and their spatial weights. */
interface Neighbourhood {
  dx: Int32Array
  dy: Int32Array
  weight: Float64Array
  /** Columns and rows that neighbours reach into on either side. */
  reach: [number, number]
}

const MOST_NEIGHBOURS_ACROSS = 11
/** Baselines of one tissue differ by this much (HU, standard deviation) without meaning another tissue. */
const BASELINE_TEXTURE = 2
/** Directions of the curve space in which curves are compared: those that tell tissues apart, not the noise. */
const COMPARED = 8
/** Width of the acceptance beyond what noise explains, in its standard deviations. */
const TOLERANCE = 1.5

/**
 * A Gaussian neighbourhood in the slice plane of standard deviation `sigma` mm, out to two of them; where voxels are
 * small only every n-th is used, since neighbours closer than a millimetre share their noise.
 */
function gaussianNeighbourhood(sigma: number, spacing: readonly [number, number]): Neighbourhood {
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
    reach: [across * stride[0], down * stride[1]],
  }
}

/**
 * The coordinates of the voxels of some rows in the curve space: each row has a plane for every direction, one of
 * baselines and one that is all ones in the mask, with a margin all around that neighbours reach into.
 */
interface CoordinateField {
  /** Rows without the margin. */
  rows: number
  /** Numbers in a plane of a row. */
  stride: number
  numbers: Plane
}

/** Averages blocks of voxels with their neighbours. */
export interface SimilarityFilter {
  /** [direction × LANES] of the block averaged last, in the curve space. */
  readonly averaged: Plane
  /** Hands the masked voxels (−1 for the other lanes) of each block of the rows to `sink`, `averaged` being filled. */
  eachBlock(source: RowSource, sink: (voxels: Int32Array) => void): void
}

/**
 * Averages the coordinates of every voxel with those of similar voxels nearby. A bilateral filter whose range is the
 * time curve, as the time-intensity-profile filter of Mendrik et al. (Phys Med Biol 2011;56:3857): a neighbour counts
 * fully while its curve differs by no more than two noisy copies of one curve would, and fades beyond. Without noise
 * nothing is averaged but equals, so it blurs no edge that can be told from noise.
 */
export function createSimilarityFilter(
  unit: VectorUnit,
  space: CurveSpace,
  averaging: Averaging,
  reader: BlockReader,
): SimilarityFilter {
  const { rank, frames, basis } = space
  const { dx, dy, weight, reach } = gaussianNeighbourhood(averaging.sigma, averaging.spacing)
  const toCoordinates = createBlockProduct(unit, basis, rank, frames)
  const planes = Math.max(COMPARED, toCoordinates.rows)
  const averaged = unit.reserve(planes * LANES)
  const weights = unit.reserve(weight.length)
  weights.floats.set(weight)
  const offsets = unit.reserve(weight.length)
  const scratch = unit.reserve(5 * weight.length)
  const margin = padded(reach[0])
  const voxels = new Int32Array(LANES)
  let field: CoordinateField | null = null

  function fieldFor(nx: number, rows: number): CoordinateField {
    if (field !== null && field.rows >= rows) return field
    // A block may begin with the last voxel of a row.
    const stride = padded(nx) + LANES + 2 * margin
    const perRow = stride * (planes + 2)
    field = { rows, stride, numbers: unit.reserve(perRow * (rows + 2 * reach[1])) }
    offsets.integers.set(dx.map((x, n) => 4 * (dy[n] * perRow + x)))
    return field
  }

  /** Where the voxel x of a row, counted from the first row of the source, lies in the first plane. */
  function place(row: number, x: number, stride: number): number {
    return (row + reach[1]) * stride * (planes + 2) + margin + x
  }

  function fill(source: RowSource, { stride, numbers }: CoordinateField): void {
    const ny = source.view.size[1]
    const { fromRow, toRow } = source
    numbers.integers.fill(0)
    for (let y = Math.max(0, fromRow - reach[1]); y < Math.min(ny, toRow + reach[1]); y++) {
      eachMaskedBlock(source, y, voxels, (x) => {
        const at = place(y - fromRow, x, stride)
        reader.read(source, x, y)
        toCoordinates.run(reader.enhancement, numbers.at + 4 * at, stride)
        numbers.floats.set(reader.baseline.floats, at + planes * stride)
        const inside = at + (planes + 1) * stride
        const keep = numbers.integers
        for (let i = 0; i < LANES; i++) keep[inside + i] = voxels[i] < 0 ? 0 : -1
        unit.kernels.keepInside(numbers.at + 4 * at, rank, 4 * stride, numbers.at + 4 * inside, LANES)
      })
    }
  }

  return {
    averaged,
    eachBlock: (source, sink) => {
      const [nx] = source.view.size
      const filled = fieldFor(nx, source.toRow - source.fromRow)
      fill(source, filled)
      const { stride, numbers } = filled
      const { perVariance, perBaseline, expected, perSpread } = acceptance(
        space,
        averaging,
        source.baselineFrames,
      )
      for (let y = source.fromRow; y < source.toRow; y++) {
        eachMaskedBlock(source, y, voxels, (x) => {
          unit.kernels.averageSimilar(
            numbers.at + 4 * place(y - source.fromRow, x, stride),
            4 * stride,
            planes,
            offsets.at,
            weights.at,
            weight.length,
            perVariance,
            perBaseline,
            expected,
            perSpread,
            scratch.at,
            averaged.at,
            LANES,
          )
          sink(voxels)
        })
      }
    },
  }
}

/**
 * How far apart two curves of one tissue are: the sum over the compared directions of the squared gaps, in units of
 * their variance, with what the baselines add.
 */
function acceptance(
  { rank, offset }: CurveSpace,
  { noise, compareBaseline }: Averaging,
  baselineFrames: number,
): { perVariance: number; perBaseline: number; expected: number; perSpread: number } {
  const compared = Math.min(COMPARED, rank)
  const variance = 2 * noise * noise
  // Two voxels' baselines are off by their own amounts; that shifts the coordinates along `offset`.
  let along = 0
  for (let r = 0; r < compared; r++) along += (offset[r] * offset[r]) / baselineFrames
  const extra = compareBaseline ? 1 : 0
  return {
    perVariance: variance === Infinity ? 0 : 1 / Math.max(variance, 1e-12),
    perBaseline: compareBaseline
      ? 1 / (variance / baselineFrames + 2 * BASELINE_TEXTURE * BASELINE_TEXTURE)
      : 0,
    expected: compared + along + extra,
    perSpread: 1 / (TOLERANCE * Math.sqrt(2 * (compared - 1 + extra + (1 + along) ** 2))),
  }
}
