/**
 * out[m × n] = rows[m × k] · columns[n × k]ᵀ, all row-major: every entry is a dot product of two contiguous rows.
 * Worked in tiles of 4 × 2 so that eight sums stay in registers; accumulates in float64.
 */
export function multiplyTransposed(
  rows: Float64Array,
  columns: Float64Array,
  m: number,
  n: number,
  k: number,
  out: Float64Array,
): void {
  const wholeRows = m - (m % 4)
  const wholeColumns = n - (n % 2)
  for (let i = 0; i < wholeRows; i += 4) {
    const a0 = i * k
    const a1 = a0 + k
    const a2 = a1 + k
    const a3 = a2 + k
    for (let j = 0; j < wholeColumns; j += 2) {
      const b0 = j * k
      const b1 = b0 + k
      let s00 = 0
      let s01 = 0
      let s10 = 0
      let s11 = 0
      let s20 = 0
      let s21 = 0
      let s30 = 0
      let s31 = 0
      for (let t = 0; t < k; t++) {
        const x = columns[b0 + t]
        const y = columns[b1 + t]
        const r0 = rows[a0 + t]
        const r1 = rows[a1 + t]
        const r2 = rows[a2 + t]
        const r3 = rows[a3 + t]
        s00 += r0 * x
        s01 += r0 * y
        s10 += r1 * x
        s11 += r1 * y
        s20 += r2 * x
        s21 += r2 * y
        s30 += r3 * x
        s31 += r3 * y
      }
      const o = i * n + j
      out[o] = s00
      out[o + 1] = s01
      out[o + n] = s10
      out[o + n + 1] = s11
      out[o + 2 * n] = s20
      out[o + 2 * n + 1] = s21
      out[o + 3 * n] = s30
      out[o + 3 * n + 1] = s31
    }
  }
  for (let i = 0; i < m; i++) {
    for (let j = i < wholeRows ? wholeColumns : 0; j < n; j++) {
      let sum = 0
      for (let t = 0, a = i * k, b = j * k; t < k; t++) sum += rows[a + t] * columns[b + t]
      out[i * n + j] = sum
    }
  }
}

/** a[m × k] · b[k × n], row-major; for the small matrices made once a job. */
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
