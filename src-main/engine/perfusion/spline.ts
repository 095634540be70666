/**
 * Second derivatives of the natural cubic spline through (times, values), [knot]. `times` rise strictly; any unit.
 * Source: the usual tridiagonal system (de Boor, A Practical Guide to Splines, 1978, chapter IV).
 */
export function splineCurvature(times: ArrayLike<number>, values: ArrayLike<number>): Float64Array {
  const n = times.length
  const curvature = new Float64Array(n)
  if (n < 3) return curvature
  const ratio = new Float64Array(n)
  for (let i = 1; i < n - 1; i++) {
    const left = times[i] - times[i - 1]
    const right = times[i + 1] - times[i]
    const slopeChange = (values[i + 1] - values[i]) / right - (values[i] - values[i - 1]) / left
    const pivot = 2 * (left + right) - left * ratio[i - 1]
    ratio[i] = right / pivot
    curvature[i] = (6 * slopeChange - left * curvature[i - 1]) / pivot
  }
  for (let i = n - 2; i >= 1; i--) curvature[i] -= ratio[i] * curvature[i + 1]
  return curvature
}

/**
 * Values of the natural cubic spline through (times, values) at `at` (rising), the first and last value held outside.
 */
export function interpolateSpline(
  times: ArrayLike<number>,
  values: ArrayLike<number>,
  at: ArrayLike<number>,
): Float64Array {
  const curvature = splineCurvature(times, values)
  const result = new Float64Array(at.length)
  const last = times.length - 1
  let knot = 0
  for (let i = 0; i < at.length; i++) {
    const t = at[i]
    if (t <= times[0]) {
      result[i] = values[0]
      continue
    }
    if (t >= times[last]) {
      result[i] = values[last]
      continue
    }
    while (knot < last - 1 && times[knot + 1] <= t) knot++
    const width = times[knot + 1] - times[knot]
    const b = (t - times[knot]) / width
    const a = 1 - b
    result[i] =
      a * values[knot] +
      b * values[knot + 1] +
      (((a * a * a - a) * curvature[knot] + (b * b * b - b) * curvature[knot + 1]) * width * width) / 6
  }
  return result
}

/**
 * The matrix [at × times] (row-major) that takes samples at `times` to their spline's values at `at`: interpolation is
 * linear in the samples, so it can be folded into a deconvolution matrix. The identity where both grids agree.
 */
export function splineMatrix(times: ArrayLike<number>, at: ArrayLike<number>): Float64Array {
  const matrix = new Float64Array(at.length * times.length)
  const unit = new Float64Array(times.length)
  for (let column = 0; column < times.length; column++) {
    unit.fill(0)
    unit[column] = 1
    const response = interpolateSpline(times, unit, at)
    for (let row = 0; row < at.length; row++) matrix[row * times.length + column] = response[row]
  }
  return matrix
}
