import type { Geometry } from '@contract'

/** Further from the middle a Gaussian counts for nothing, standard deviations. */
const REACH = 3

/** Blurs every slice, in place, by a Gaussian of a standard deviation in mm; the border goes on beyond it. */
export function blurSlices(values: Float32Array, { size, spacing }: Geometry, deviationMm: number): void {
  const [nx, ny, nz] = size
  const area = nx * ny
  const rowWeights = halfGaussian(deviationMm / spacing[0])
  const columnWeights = halfGaussian(deviationMm / spacing[1])
  const slice = new Float32Array(area)
  for (let k = 0; k < nz; k++) {
    const blurred = values.subarray(k * area, (k + 1) * area)
    blurRows(blurred, nx, ny, rowWeights, slice)
    blurColumns(slice, nx, ny, columnWeights, blurred)
  }
}

/** Weights of the middle and of one side; both sides add up to 1. */
function halfGaussian(deviation: number): Float64Array {
  const reach = Math.ceil(REACH * deviation)
  const weights = Float64Array.from({ length: reach + 1 }, (_, i) => Math.exp(-0.5 * (i / deviation) ** 2))
  const sum = weights.reduce((total, weight, i) => total + (i === 0 ? weight : 2 * weight), 0)
  return weights.map((weight) => weight / sum)
}

function blurRows(from: Float32Array, nx: number, ny: number, weights: Float64Array, to: Float32Array): void {
  const reach = weights.length - 1
  const row = new Float32Array(nx + 2 * reach)
  for (let j = 0; j < ny; j++) {
    const start = j * nx
    row.fill(from[start], 0, reach)
    row.set(from.subarray(start, start + nx), reach)
    row.fill(from[start + nx - 1], nx + reach)
    for (let i = 0; i < nx; i++) {
      const at = i + reach
      let sum = weights[0] * row[at]
      for (let d = 1; d <= reach; d++) sum += weights[d] * (row[at - d] + row[at + d])
      to[start + i] = sum
    }
  }
}

function blurColumns(
  from: Float32Array,
  nx: number,
  ny: number,
  weights: Float64Array,
  to: Float32Array,
): void {
  for (let j = 0; j < ny; j++) {
    const start = j * nx
    for (let i = 0; i < nx; i++) to[start + i] = weights[0] * from[start + i]
    for (let d = 1; d < weights.length; d++) {
      const above = Math.max(0, j - d) * nx
      const below = Math.min(ny - 1, j + d) * nx
      const weight = weights[d]
      for (let i = 0; i < nx; i++) to[start + i] += weight * (from[above + i] + from[below + i])
    }
  }
}
