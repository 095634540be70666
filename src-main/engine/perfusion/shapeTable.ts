import { boxModel, type BoxModel } from './boxModel'
import type { BoxLimits } from './boxFit'

/**
 * Normalised model curves over a grid of delays and transit times, held by their coordinates in a small orthonormal
 * basis: the shapes are so alike that a dozen directions carry them, and scoring a voxel against all of them costs a
 * few thousand multiplications.
 */
export interface ShapeTable {
  /** [shape], seconds. */
  delays: Float64Array
  transits: Float64Array
  rank: number
  /** [rank × sample]. */
  basis: Float64Array
  /** [shape × rank], unit length. */
  coordinates: Float64Array
  projection: Float64Array
  /** How much of the last curve the best shape carried: its dot product with the unit shape. */
  score: number
}

const RANK = 12
const DELAY_STEP = 1.5
const TRANSIT_RATIO = 1.5
/** Energies closer than this share are equal: which shape comes first must not hang on rounding. */
const TIE = 1e-6

/** The table of `model` over the limits: delays each 1.5 s, transit times by a factor of 1.5. */
export function tabulateShapes(model: BoxModel, limits: BoxLimits): ShapeTable {
  const { delays, transits, shapes } = modelShapes(model, limits, DELAY_STEP)
  const basis = spanningBasis(shapes, model.times.length, RANK, 1e-10)
  const rank = basis.length / model.times.length
  const coordinates = new Float64Array(shapes.length * rank)
  const projection = new Float64Array(rank)
  shapes.forEach((shape, index) => {
    project(basis, shape, projection)
    const norm = Math.hypot(...projection)
    for (let r = 0; r < rank; r++) coordinates[index * rank + r] = projection[r] / norm
  })
  return {
    delays: Float64Array.from(delays),
    transits: Float64Array.from(transits),
    rank,
    basis,
    coordinates,
    projection,
    score: 0,
  }
}

/** Model curves of unit length over a grid of delays (each `delayStep` seconds) and transit times. */
export function modelShapes(
  model: BoxModel,
  limits: BoxLimits,
  delayStep: number,
): { delays: number[]; transits: number[]; shapes: Float64Array[] } {
  const delays: number[] = []
  const transits: number[] = []
  const shapes: Float64Array[] = []
  for (
    let transit = limits.shortestTransit * 1.2;
    transit < limits.longestTransit;
    transit *= TRANSIT_RATIO
  ) {
    for (let delay = limits.earliestDelay; delay <= limits.latestDelay; delay += delayStep) {
      boxModel(model, delay, transit)
      const norm = Math.sqrt(model.shape.reduce((sum, value) => sum + value * value, 0))
      if (norm < 1e-9) continue
      delays.push(delay)
      transits.push(transit)
      shapes.push(Float64Array.from(model.shape, (value) => value / norm))
    }
  }
  return { delays, transits, shapes }
}

/** Index of the shape that explains most of the curve with a positive amplitude; −1 when none does. */
export function bestShape(table: ShapeTable, curve: Float64Array): number {
  const { rank, coordinates, projection, delays } = table
  project(table.basis, curve, projection)
  let best = 0
  let winner = -1
  const fours = rank - (rank % 4)
  for (let shape = 0, at = 0; shape < delays.length; shape++) {
    let even = 0
    let odd = 0
    let r = 0
    for (; r < fours; r += 4, at += 4) {
      even += coordinates[at] * projection[r] + coordinates[at + 2] * projection[r + 2]
      odd += coordinates[at + 1] * projection[r + 1] + coordinates[at + 3] * projection[r + 3]
    }
    for (; r < rank; r++, at++) even += coordinates[at] * projection[r]
    const score = even + odd
    if (score > best) {
      best = score
      winner = shape
    }
  }
  table.score = best
  return winner
}

function project(basis: Float64Array, curve: Float64Array, out: Float64Array): void {
  const n = curve.length
  const pairs = n - (n % 2)
  for (let r = 0; r < out.length; r++) {
    let even = 0
    let odd = 0
    let at = r * n
    let i = 0
    for (; i < pairs; i += 2, at += 2) {
      even += basis[at] * curve[i]
      odd += basis[at + 1] * curve[i + 1]
    }
    if (i < n) even += basis[at] * curve[i]
    out[r] = even + odd
  }
}

/**
 * Gram–Schmidt with pivoting: takes the shape worst explained so far, until no unit shape has more energy than
 * `unexplained` left or `most` directions are reached. [direction × n].
 */
export function spanningBasis(
  shapes: readonly Float64Array[],
  n: number,
  most: number,
  unexplained: number,
): Float64Array {
  const energyOf = (shape: Float64Array): number => shape.reduce((sum, value) => sum + value * value, 0)
  let rest = shapes.map((shape) => ({ shape: Float64Array.from(shape), energy: energyOf(shape) }))
  const vectors: number[] = []
  for (let r = 0; r < Math.min(most, n); r++) {
    // Energies only fall: what is explained stays so.
    rest = rest.filter(({ energy }) => energy > unexplained * (1 + TIE))
    if (rest.length === 0) break
    const worst = rest.reduce((found, each) => (each.energy > found.energy * (1 + TIE) ? each : found))
    const direction = worst.shape.map((value) => value / Math.sqrt(worst.energy))
    for (const each of rest) {
      const { shape } = each
      let [dot, energy] = [0, 0]
      for (let i = 0; i < n; i++) dot += shape[i] * direction[i]
      for (let i = 0; i < n; i++) {
        shape[i] -= dot * direction[i]
        energy += shape[i] * shape[i]
      }
      each.energy = energy
    }
    vectors.push(...direction)
  }
  return Float64Array.from(vectors)
}
