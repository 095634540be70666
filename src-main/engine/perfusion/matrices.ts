/** Small matrices made once a job; row-major. What runs for every voxel is compute/vectorUnit. */

/** a[m × k] · b[k × n]. */
export function multiply(a: Float64Array, b: Float64Array, m: number, k: number, n: number): Float64Array {
  const out = new Float64Array(m * n)
  for (let i = 0; i < m; i++) {
    for (let t = 0; t < k; t++) {
      const factor = a[i * k + t]
      if (factor === 0) continue
      for (let j = 0; j < n; j++) out[i * n + j] += factor * b[t * n + j]
    }
  }
  return out
}

/** The transpose, [columns × rows], of a matrix [rows × columns]. */
export function transpose(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(matrix.length)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j]
  }
  return result
}

/** Matrices of the same width, one below the other. */
export function stack(...matrices: Float64Array[]): Float64Array {
  const result = new Float64Array(matrices.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const matrix of matrices) {
    result.set(matrix, at)
    at += matrix.length
  }
  return result
}
