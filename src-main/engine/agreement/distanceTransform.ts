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

/**
 * The same for one voxel after the other, for whoever needs few of them: a function from the index of a voxel to its
 * squared distance. Rows are searched from its own outwards until no nearer one can be; what lies near is found at
 * once. Its second argument says how far is near enough: a distance at or below it may be given for a smaller one.
 * Where the search turns out to cost more than the transform of the whole grid, that is made once instead.
 */
export function nearestSquares(
  marked: Uint8Array,
  size: readonly [number, number, number],
  spacing: readonly [number, number, number],
): (at: number, enough?: number) => number {
  const [nx, ny, nz] = size
  const steps = rowSteps(marked, nx)
  // One more: that many steps stand for a row without a mark.
  const [alongX, alongY, alongZ] = size.map((extent, axis) => {
    const table = new Float64Array(extent + 1)
    for (let k = 0; k <= extent; k++) table[k] = (k * spacing[axis]) ** 2
    return table
  })
  alongX[nx] = Infinity
  let rowsLeft = ROWS_A_VOXEL * marked.length
  let all: Float64Array | null = null
  return (at, enough = -1) => {
    if (all) return all[at]
    const x = at % nx
    const row = (at - x) / nx
    const y = row % ny
    const z = (row - y) / ny
    let best = Infinity
    let rows = 0
    for (let k = 0; k < nz && alongZ[k] < best; k++) {
      const away = alongZ[k]
      for (let slice = z - k; slice <= z + k; slice += 2 * k || 1) {
        if (slice < 0 || slice >= nz) continue
        const start = slice * ny * nx + x
        const reach = Math.max(y, ny - 1 - y)
        for (let j = 0; j <= reach; j++) {
          const across = alongY[j]
          if (away + across >= best) break
          rows += 2
          if (j <= y) {
            const square = away + (across + alongX[steps[start + (y - j) * nx]])
            if (square < best) best = square
          }
          if (y + j < ny) {
            const square = away + (across + alongX[steps[start + (y + j) * nx]])
            if (square < best) best = square
          }
          if (best <= enough) return best
        }
      }
    }
    rowsLeft -= rows
    if (rowsLeft < 0) all = squaredDistances(marked, size, spacing)
    return best
  }
}

/** So many rows are searched in the time in which the transform of the whole grid does one voxel. */
const ROWS_A_VOXEL = 16

/** Steps to the nearest marked voxel of the own row; as many as a row is long where it has none. */
function rowSteps(marked: Uint8Array, nx: number): Uint16Array | Uint32Array {
  const steps = nx < 65_536 ? new Uint16Array(marked.length) : new Uint32Array(marked.length)
  for (let row = 0; row < marked.length; row += nx) {
    let away = nx
    for (let i = row; i < row + nx; i++) {
      away = marked[i] !== 0 ? 0 : Math.min(nx, away + 1)
      steps[i] = away
    }
    away = nx
    for (let i = row + nx - 1; i >= row; i--) {
      away = marked[i] !== 0 ? 0 : Math.min(nx, away + 1)
      if (away < steps[i]) steps[i] = away
    }
  }
  return steps
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
