import type { Geometry } from '@contract'
import { cross, sliceNormal } from '../volume'

/** Directions a slab can be moved in: all six, or (where there are too few slices to see more) within its planes. */
export type Freedom = 'rigid' | 'inPlane'

export const PARAMETERS = 6
/** Turns are counted in the way that they move the surface of a head, mm. */
export const LEVER_MM = 80

/** Differences at the edges that both images hold, and how each changes with the six parameters. */
export interface Sampled {
  count: number
  enough: boolean
  residuals: Float32Array
  /** Of the frame, [edge]. */
  values: Float32Array
  /** [edge × 6]: shifts along x, y, z, mm, then turns about them in LEVER_MM radians. */
  jacobian: Float32Array
  /** [edge × 3]: where the edge lies from the centre of turns, mm. */
  levers: Float32Array
}

/** What a place of the head costs. */
export interface Evaluation extends Sampled {
  /** Mean of Huber's function. */
  cost: number
  limit: number
}

/** The directions left free, each a vector of the six parameters; the others stay as they are. */
export function freedomBasis(geometry: Geometry, freedom: Freedom): number[][] {
  if (freedom === 'rigid') {
    return Array.from({ length: PARAMETERS }, (_, p) =>
      Array.from({ length: PARAMETERS }, (_, q) => +(p === q)),
    )
  }
  const normal = sliceNormal(geometry)
  const inRow = geometry.direction[0]
  const inColumn = cross(normal, inRow)
  return [
    [...inRow, 0, 0, 0],
    [...inColumn, 0, 0, 0],
    [0, 0, 0, ...normal],
  ]
}

/** The normal equations of a Gauss–Newton step along the free directions. */
export function normalEquations(
  { residuals, jacobian, count, limit }: Evaluation,
  basis: number[][],
): { matrix: Float64Array; right: Float64Array } {
  const normal = new Float64Array(PARAMETERS * PARAMETERS)
  const gradient = new Float64Array(PARAMETERS)
  for (let n = 0; n < count; n++) {
    const size = Math.abs(residuals[n])
    const weight = size <= limit ? 1 : limit / size
    const at = n * PARAMETERS
    for (let p = 0; p < PARAMETERS; p++) {
      const weighted = weight * jacobian[at + p]
      gradient[p] += weighted * residuals[n]
      for (let q = 0; q <= p; q++) normal[p * PARAMETERS + q] += weighted * jacobian[at + q]
    }
  }
  for (let p = 0; p < PARAMETERS; p++) {
    for (let q = 0; q < p; q++) normal[q * PARAMETERS + p] = normal[p * PARAMETERS + q]
  }
  const free = basis.length
  const along = (direction: number[], other: number[]): number => {
    let sum = 0
    for (let p = 0; p < PARAMETERS; p++) {
      for (let q = 0; q < PARAMETERS; q++) sum += direction[p] * normal[p * PARAMETERS + q] * other[q]
    }
    return sum
  }
  return {
    matrix: Float64Array.from({ length: free * free }, (_, at) =>
      along(basis[Math.floor(at / free)], basis[at % free]),
    ),
    right: Float64Array.from(basis, (direction) =>
      direction.reduce((sum, value, p) => sum + value * gradient[p], 0),
    ),
  }
}

/** The damped Gauss–Newton step, six parameters; null where the images say nothing about some direction. */
export function stepWithin(sampled: Evaluation, basis: number[][], damping: number): number[] | null {
  if (!sampled.enough) return null
  const { matrix, right } = normalEquations(sampled, basis)
  const step = solve(matrix, right, damping)
  if (step === null) return null
  return Array.from({ length: PARAMETERS }, (_, p) =>
    basis.reduce((sum, direction, d) => sum + direction[p] * step[d], 0),
  )
}

/** Solves (A + damping · diag A) x = b by Cholesky's decomposition; null where A is singular. */
export function solve(matrix: Float64Array, right: Float64Array, damping: number): Float64Array | null {
  const n = right.length
  const lower = Float64Array.from(matrix)
  for (let i = 0; i < n; i++) lower[i * n + i] *= 1 + damping
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = lower[i * n + j]
      for (let k = 0; k < j; k++) sum -= lower[i * n + k] * lower[j * n + k]
      if (i !== j) lower[i * n + j] = sum / lower[j * n + j]
      else if (sum > 1e-9 * matrix[j * n + j]) lower[j * n + j] = Math.sqrt(sum)
      else return null
    }
  }
  const x = Float64Array.from(right)
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= lower[i * n + k] * x[k]
    x[i] /= lower[i * n + i]
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= lower[k * n + i] * x[k]
    x[i] /= lower[i * n + i]
  }
  return x
}
