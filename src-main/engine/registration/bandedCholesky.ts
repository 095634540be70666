/**
 * Symmetric matrices whose elements are 0 further than `band` from the diagonal, lower half: element (row, column) lies
 * at row · (band + 1) + row − column.
 */
export interface BandedMatrix {
  size: number
  band: number
  elements: Float64Array
}

export function bandedMatrix(size: number, band: number): BandedMatrix {
  return { size, band, elements: new Float64Array(size * (band + 1)) }
}

/** Replaces a positive definite matrix by its Cholesky factor L, A = L · Lᵀ (Golub and Van Loan, §4.3.5). */
export function factorise({ size, band, elements: a }: BandedMatrix): void {
  const width = band + 1
  for (let row = 0; row < size; row++) {
    const lowest = Math.max(0, row - band)
    for (let column = lowest; column <= row; column++) {
      let sum = a[row * width + row - column]
      let [left, right] = [row * width + row - lowest, column * width + column - lowest]
      for (let k = lowest; k < column; k++) sum -= a[left--] * a[right--]
      a[row * width + row - column] = column === row ? Math.sqrt(sum) : sum / a[column * width]
    }
  }
}

/** Solves A · X = B with the factor of A; `values`, [row × column], holds B and afterwards X. */
export function solveFactorised(
  { size, band, elements: a }: BandedMatrix,
  values: Float64Array,
  columns: number,
): void {
  const width = band + 1
  for (let row = 0; row < size; row++) {
    const to = row * columns
    for (let k = Math.max(0, row - band); k < row; k++) {
      const factor = a[row * width + row - k]
      const from = k * columns
      for (let c = 0; c < columns; c++) values[to + c] -= factor * values[from + c]
    }
    const scale = 1 / a[row * width]
    for (let c = 0; c < columns; c++) values[to + c] *= scale
  }
  for (let row = size - 1; row >= 0; row--) {
    const from = row * columns
    const scale = 1 / a[row * width]
    for (let c = 0; c < columns; c++) values[from + c] *= scale
    for (let k = Math.max(0, row - band); k < row; k++) {
      const factor = a[row * width + row - k]
      const to = k * columns
      for (let c = 0; c < columns; c++) values[to + c] -= factor * values[from + c]
    }
  }
}
