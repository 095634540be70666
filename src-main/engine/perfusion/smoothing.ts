/** [¼ ½ ¼] over time with the edge samples repeated, as Bennink's fit does before it compares curves. */
export function smoothCurve(curve: ArrayLike<number>, out = new Float64Array(curve.length)): Float64Array {
  const last = curve.length - 1
  let before = curve[0]
  for (let i = 0; i <= last; i++) {
    const here = curve[i]
    out[i] = 0.25 * before + 0.5 * here + 0.25 * curve[i < last ? i + 1 : last]
    before = here
  }
  return out
}

/** The matrix [n × n] of `smoothCurve`, or the identity when `smooth` is false. */
export function smoothingMatrix(n: number, smooth: boolean): Float64Array {
  const matrix = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    if (!smooth) {
      matrix[i * n + i] = 1
      continue
    }
    matrix[i * n + i] += 0.5
    matrix[i * n + Math.max(0, i - 1)] += 0.25
    matrix[i * n + Math.min(n - 1, i + 1)] += 0.25
  }
  return matrix
}
