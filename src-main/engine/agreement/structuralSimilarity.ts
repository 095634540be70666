const SIGMA = 1.5
const RADIUS = 5
const K1 = 0.01
const K2 = 0.03

const gaussian = ((): Float64Array => {
  const weights = Float64Array.from({ length: 2 * RADIUS + 1 }, (_, i) =>
    Math.exp(-((i - RADIUS) ** 2) / (2 * SIGMA * SIGMA)),
  )
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
})()

/** Index of a mirrored position; the border sample is repeated (… b a | a b …). */
function mirrored(position: number, length: number): number {
  const period = 2 * length
  const wrapped = ((position % period) + period) % period
  return wrapped < length ? wrapped : period - 1 - wrapped
}

/**
 * Structural similarity of two pictures [y × x] at every pixel (Wang et al., IEEE Trans Image Process 2004;13:600,
 * eq. 13): Gaussian window of 11 × 11 pixels, σ 1.5, K1 0.01, K2 0.03, borders mirrored. `dynamicRange` is L.
 */
export function createStructuralSimilarity(
  [nx, ny]: readonly [number, number],
  dynamicRange: number,
): (a: Float32Array, b: Float32Array) => Float64Array {
  const count = nx * ny
  const c1 = (K1 * dynamicRange) ** 2
  const c2 = (K2 * dynamicRange) ** 2
  const row = new Float64Array(count)
  const across = Int32Array.from({ length: nx + 2 * RADIUS }, (_, i) => mirrored(i - RADIUS, nx))
  const down = Int32Array.from({ length: ny + 2 * RADIUS }, (_, i) => mirrored(i - RADIUS, ny))

  /** Blurs in place. */
  const blur = (picture: Float64Array): Float64Array => {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        let sum = 0
        for (let k = 0; k <= 2 * RADIUS; k++) sum += gaussian[k] * picture[y * nx + across[x + k]]
        row[y * nx + x] = sum
      }
    }
    picture.fill(0)
    for (let y = 0; y < ny; y++) {
      for (let k = 0; k <= 2 * RADIUS; k++) {
        const weight = gaussian[k]
        const from = down[y + k] * nx
        for (let x = 0; x < nx; x++) picture[y * nx + x] += weight * row[from + x]
      }
    }
    return picture
  }
  const product = (a: Float32Array, b: Float32Array): Float64Array => {
    const result = new Float64Array(count)
    for (let at = 0; at < count; at++) result[at] = a[at] * b[at]
    return result
  }

  return (a, b) => {
    const meanA = blur(Float64Array.from(a))
    const meanB = blur(Float64Array.from(b))
    const squareA = blur(product(a, a))
    const squareB = blur(product(b, b))
    const both = blur(product(a, b))
    for (let at = 0; at < count; at++) {
      const [ma, mb] = [meanA[at], meanB[at]]
      const covariance = both[at] - ma * mb
      const variances = squareA[at] - ma * ma + squareB[at] - mb * mb
      both[at] = ((2 * ma * mb + c1) * (2 * covariance + c2)) / ((ma * ma + mb * mb + c1) * (variances + c2))
    }
    return both
  }
}
