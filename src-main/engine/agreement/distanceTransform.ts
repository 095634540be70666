/**
 * Squared Euclidean distance of every voxel from the nearest marked voxel, in the unit of `spacing`, on a grid
 * [z × y × x] of right-angled axes; Infinity throughout where nothing is marked. Exact: one pass an axis, along x by
 * sweeping, along y and z by the lower envelope of parabolas (Felzenszwalb & Huttenlocher, Theory Comput 2012;8:415).
 */
export function squaredDistances(
  marked: Uint8Array,
  [nx, ny, nz]: readonly [number, number, number],
  [dx, dy, dz]: readonly [number, number, number],
): Float64Array {
  const squares = sweepRows(marked, nx, dx)
  const longest = Math.max(ny, nz)
  const envelope = {
    line: new Float64Array(longest),
    apex: new Int32Array(longest),
    from: new Float64Array(longest + 1),
  }
  if (ny > 1) {
    for (let z = 0; z < nz; z++) {
      for (let x = 0; x < nx; x++) lowerEnvelope(squares, z * ny * nx + x, nx, ny, dy, envelope)
    }
  }
  if (nz > 1) {
    for (let at = 0; at < nx * ny; at++) lowerEnvelope(squares, at, nx * ny, nz, dz, envelope)
  }
  return squares
}

function sweepRows(marked: Uint8Array, nx: number, dx: number): Float64Array {
  const squares = new Float64Array(marked.length)
  for (let row = 0; row < marked.length; row += nx) {
    let steps = Infinity
    for (let i = row; i < row + nx; i++) {
      steps = marked[i] !== 0 ? 0 : steps + 1
      squares[i] = steps
    }
    steps = Infinity
    for (let i = row + nx - 1; i >= row; i--) {
      steps = marked[i] !== 0 ? 0 : steps + 1
      const nearest = Math.min(steps, squares[i]) * dx
      squares[i] = nearest * nearest
    }
  }
  return squares
}

interface Envelope {
  line: Float64Array
  /** Places of the parabolas of the envelope. */
  apex: Int32Array
  /** Where each of them begins to be the lowest. */
  from: Float64Array
}

/** min over q of (d · (p − q))² + value(q), for every place p of one line, in place. */
function lowerEnvelope(
  squares: Float64Array,
  start: number,
  stride: number,
  length: number,
  step: number,
  { line, apex, from }: Envelope,
): void {
  const unit = step * step
  let last = -1
  for (let q = 0, at = start; q < length; q++, at += stride) {
    const value = squares[at]
    line[q] = value
    if (value === Infinity) continue
    let crossing = -Infinity
    while (last >= 0) {
      const v = apex[last]
      crossing = ((value - line[v]) / unit + (q * q - v * v)) / (2 * (q - v))
      if (crossing > from[last]) break
      last--
    }
    last++
    apex[last] = q
    from[last] = last === 0 ? -Infinity : crossing
  }
  if (last < 0) return
  from[last + 1] = Infinity
  for (let p = 0, k = 0, at = start; p < length; p++, at += stride) {
    while (from[k + 1] < p) k++
    const away = (p - apex[k]) * step
    squares[at] = away * away + line[apex[k]]
  }
}
