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
}

const RANK = 12
const DELAY_STEP = 1
const TRANSIT_RATIO = 1.4

/** The table of `model` over the limits: delays each second, transit times by a factor of 1.4. */
export function tabulateShapes(model: BoxModel, limits: BoxLimits): ShapeTable {
  const delays: number[] = []
  const transits: number[] = []
  const shapes: Float64Array[] = []
  for (
    let transit = limits.shortestTransit * 1.2;
    transit < limits.longestTransit;
    transit *= TRANSIT_RATIO
  ) {
    for (let delay = limits.earliestDelay; delay <= limits.latestDelay; delay += DELAY_STEP) {
      boxModel(model, delay, transit)
      const norm = Math.sqrt(model.shape.reduce((sum, value) => sum + value * value, 0))
      if (norm < 1e-9) continue
      delays.push(delay)
      transits.push(transit)
      shapes.push(Float64Array.from(model.shape, (value) => value / norm))
    }
  }
  const basis = spanningBasis(shapes, model.times.length)
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
  }
}

/** Index of the shape that explains most of the curve with a positive amplitude; −1 when none does. */
export function bestShape(table: ShapeTable, curve: Float64Array): number {
  const { rank, coordinates, projection, delays } = table
  project(table.basis, curve, projection)
  let best = 0
  let winner = -1
  for (let shape = 0, at = 0; shape < delays.length; shape++) {
    let score = 0
    for (let r = 0; r < rank; r++, at++) score += coordinates[at] * projection[r]
    if (score > best) {
      best = score
      winner = shape
    }
  }
  return winner
}

function project(basis: Float64Array, curve: Float64Array, out: Float64Array): void {
  const n = curve.length
  for (let r = 0, at = 0; r < out.length; r++) {
    let sum = 0
    for (let i = 0; i < n; i++, at++) sum += basis[at] * curve[i]
    out[r] = sum
  }
}

/** Gram–Schmidt with pivoting: takes the shape worst explained so far, until little is left or the rank is reached. */
function spanningBasis(shapes: readonly Float64Array[], n: number): Float64Array {
  const rest = shapes.map((shape) => Float64Array.from(shape))
  const vectors: number[] = []
  for (let r = 0; r < Math.min(RANK, n); r++) {
    let worst = -1
    let most = 1e-10
    rest.forEach((shape, index) => {
      const energy = shape.reduce((sum, value) => sum + value * value, 0)
      if (energy > most) {
        most = energy
        worst = index
      }
    })
    if (worst < 0) break
    const direction = rest[worst].map((value) => value / Math.sqrt(most))
    for (const shape of rest) {
      let dot = 0
      for (let i = 0; i < n; i++) dot += shape[i] * direction[i]
      for (let i = 0; i < n; i++) shape[i] -= dot * direction[i]
    }
    vectors.push(...direction)
  }
  return Float64Array.from(vectors)
}
