import { LEVER_MM, normalEquations, PARAMETERS, solve, type Evaluation } from './poseStep'

/**
 * How much less is known than as many independent edges would say: what is left at neighbouring edges is the same blur and
 * the same error of interpolation. Measured on phantoms, where poses were off by 7 to 36 times what independent edges say.
 */
const DEPENDENT = 20 ** 2
/**
 * Of what edges could tell of a motion if all lay across its way, the share that pixels alone make seem to be told: on a grid
 * even a ball has corners. Measured: 0.003 to 0.018 for balls, 0.009 to 0.06 for heads, least at the vertex: small balls are told,
 * larger ones are not.
 */
const OF_PIXELS = 0.007

/**
 * How far a pose may be off, mm: by the covariance s² · H⁻¹ of its parameters, s² the variance of what is left at the
 * edges, which is less independent than there are edges. Infinity where a direction is not seen at all, or no better
 * than pixels alone make it seem.
 */
export function uncertaintyOf(sampled: Evaluation, basis: number[][]): number {
  if (!sampled.enough) return Infinity
  const { residuals, count, limit } = sampled
  let squares = 0
  for (let n = 0; n < count; n++) squares += Math.min(Math.abs(residuals[n]), limit) * Math.abs(residuals[n])
  const matrix = seenBeyondPixels(sampled, basis, OF_PIXELS)
  let sum = 0
  for (const [d, direction] of basis.entries()) {
    const unit = Float64Array.from(basis, (_, other) => +(other === d))
    const column = solve(matrix, unit, 0)
    if (column === null) return Infinity
    // A turn moves the head by 2/5 of its square (Jenkinson), in LEVER_MM, the radius in which that is.
    const share = direction.reduce((total, value, p) => total + value * value * (p < 3 ? 1 : 0.4), 0)
    sum += share * column[d]
  }
  return Math.sqrt(DEPENDENT * (squares / count) * sum)
}

/** The curvature of the cost along the free directions, less `share` of what it would be if all edges lay across the way. */
function seenBeyondPixels(sampled: Evaluation, basis: number[][], share: number): Float64Array {
  const { matrix } = normalEquations(sampled, basis)
  const { jacobian, levers, residuals, limit, count } = sampled
  const free = basis.length
  const way = new Float64Array(3 * free)
  for (let n = 0; n < count; n++) {
    const at = n * PARAMETERS
    const size = Math.abs(residuals[n])
    const weight = size <= limit ? 1 : limit / size
    const steepness = share * weight * (jacobian[at] ** 2 + jacobian[at + 1] ** 2 + jacobian[at + 2] ** 2)
    const [x, y, z] = [levers[3 * n], levers[3 * n + 1], levers[3 * n + 2]]
    for (let d = 0; d < free; d++) {
      const [tx, ty, tz, a, b, c] = basis[d]
      way[3 * d] = tx + (b * z - c * y) / LEVER_MM
      way[3 * d + 1] = ty + (c * x - a * z) / LEVER_MM
      way[3 * d + 2] = tz + (a * y - b * x) / LEVER_MM
    }
    for (let p = 0; p < free; p++) {
      for (let q = 0; q < free; q++) {
        const together =
          way[3 * p] * way[3 * q] + way[3 * p + 1] * way[3 * q + 1] + way[3 * p + 2] * way[3 * q + 2]
        matrix[p * free + q] -= steepness * together
      }
    }
  }
  return matrix
}
