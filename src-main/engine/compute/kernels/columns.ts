/**
 * Least squares over columns of slices, float64 on two lanes. Rows of `columns` values lie one after the other, so that a
 * lane is a column; where `columns` is odd the last one goes alone. Addresses are bytes.
 */

/** Adds factor · from[0 … count) to to[0 … count). */
function addRow(to: usize, from: usize, factor: f64, count: i32): void {
  const factors = f64x2.splat(factor)
  const pairs = to + ((<usize>(count >> 1)) << 4)
  while (to < pairs) {
    v128.store(to, f64x2.add(v128.load(to), f64x2.mul(factors, v128.load(from))))
    to += 16
    from += 16
  }
  if (count & 1) store<f64>(to, load<f64>(to) + factor * load<f64>(from))
}

/**
 * Replaces a positive definite matrix by its Cholesky factor L, A = L · Lᵀ (Golub and Van Loan, §4.3.5). Only the lower half
 * within `band` of the diagonal is kept: element (row, column) lies at row · (band + 1) + row − column.
 */
export function factoriseBand(matrix: usize, size: i32, band: i32): void {
  const width = <usize>(band + 1)
  for (let row = 0; row < size; row++) {
    const lowest = row > band ? row - band : 0
    const ownRow = matrix + ((<usize>row * width) << 3)
    for (let column = lowest; column <= row; column++) {
      const at = ownRow + ((<usize>(row - column)) << 3)
      const otherRow = matrix + ((<usize>column * width) << 3)
      let left = at + 8
      let right = otherRow + 8
      const end = ownRow + ((<usize>(row - lowest + 1)) << 3)
      let sums = f64x2.splat(0)
      while (left + 8 < end) {
        sums = f64x2.add(sums, f64x2.mul(v128.load(left), v128.load(right)))
        left += 16
        right += 16
      }
      let sum = load<f64>(at) - f64x2.extract_lane(sums, 0) - f64x2.extract_lane(sums, 1)
      if (left < end) sum -= load<f64>(left) * load<f64>(right)
      store<f64>(at, column === row ? Math.sqrt(sum) : sum / load<f64>(otherRow))
    }
  }
}

/** Solves A · X = B with the factor of A; values[row × columns] holds B and afterwards X. */
export function solveBand(matrix: usize, size: i32, band: i32, values: usize, columns: i32): void {
  const width = <usize>(band + 1)
  const rowBytes = (<usize>columns) << 3
  for (let row = 0; row < size; row++) {
    const to = values + <usize>row * rowBytes
    const own = matrix + ((<usize>row * width) << 3)
    const lowest = row > band ? row - band : 0
    for (let k = lowest; k < row; k++) {
      addRow(to, values + <usize>k * rowBytes, -load<f64>(own + ((<usize>(row - k)) << 3)), columns)
    }
    scaleRow(to, 1 / load<f64>(own), columns)
  }
  for (let row = size - 1; row >= 0; row--) {
    const from = values + <usize>row * rowBytes
    const own = matrix + ((<usize>row * width) << 3)
    const lowest = row > band ? row - band : 0
    scaleRow(from, 1 / load<f64>(own), columns)
    for (let k = lowest; k < row; k++) {
      addRow(values + <usize>k * rowBytes, from, -load<f64>(own + ((<usize>(row - k)) << 3)), columns)
    }
  }
}

function scaleRow(at: usize, factor: f64, count: i32): void {
  for (let c = 0; c < count; c++, at += 8) store<f64>(at, load<f64>(at) * factor)
}

/**
 * Adds what the slices of some frames say of the cells of their columns to the normal equations of the fit (columnFit.ts).
 * firsts[frame × slice], i32: the first of the `parts` + 1 cells that a slice sees; profiles[frame × slice × (parts + 1)]:
 * how much of it they are; courses[frame × course], and the same with each frame's in `reversed` order; samples[frame × slice × column]. Unknowns are [cell × course]; `matrix`
 * has their band, as above, `right` their right-hand sides [unknown × column]; `scratch` has room for
 * cells · (parts + 1 + columns) numbers.
 */
export function addSamples(
  firsts: usize,
  profiles: usize,
  courses: usize,
  reversed: usize,
  samples: usize,
  frames: i32,
  slices: i32,
  cells: i32,
  parts: i32,
  courseCount: i32,
  columns: i32,
  matrix: usize,
  right: usize,
  scratch: usize,
): void {
  const seen = parts + 1
  const rowBytes = (<usize>columns) << 3
  const width = seen * courseCount
  const overlapEnd = scratch + ((<usize>(cells * seen)) << 3)
  const sumsEnd = overlapEnd + <usize>cells * rowBytes
  for (let frame = 0; frame < frames; frame++) {
    memory.fill(scratch, 0, sumsEnd - scratch)
    for (let slice = 0; slice < slices; slice++) {
      const first = load<i32>(firsts)
      for (let a = 0; a < seen; a++) {
        const weight = load<f64>(profiles + ((<usize>a) << 3))
        if (weight === 0) continue
        const overlaps = scratch + ((<usize>((first + a) * seen)) << 3)
        for (let b = 0; b <= a; b++) {
          const overlap = overlaps + ((<usize>(a - b)) << 3)
          store<f64>(overlap, load<f64>(overlap) + weight * load<f64>(profiles + ((<usize>b) << 3)))
        }
        addRow(overlapEnd + <usize>(first + a) * rowBytes, samples, weight, columns)
      }
      firsts += 4
      profiles += (<usize>seen) << 3
      samples += rowBytes
    }
    let to = right
    let sums = overlapEnd
    for (let cell = 0; cell < cells; cell++) {
      for (let k = 0; k < courseCount; k++, to += rowBytes) {
        addRow(to, sums, load<f64>(courses + ((<usize>k) << 3)), columns)
      }
      sums += rowBytes
      const reach = cell < parts ? cell : parts
      for (let below = 0; below <= reach; below++) {
        const overlap = load<f64>(scratch + ((<usize>(cell * seen + below)) << 3))
        if (overlap === 0) continue
        for (let k = 0; k < courseCount; k++) {
          const weight = overlap * load<f64>(courses + ((<usize>k) << 3))
          const last = below === 0 ? k : courseCount - 1
          const at = (cell * courseCount + k) * width + below * courseCount + k - last
          const factors = reversed + ((<usize>(courseCount - 1 - last)) << 3)
          addRow(matrix + ((<usize>at) << 3), factors, weight, last + 1)
        }
      }
    }
    courses += (<usize>courseCount) << 3
    reversed += (<usize>courseCount) << 3
  }
}

/**
 * What a frame shows of the columns, summed over their cells: sums[column × (cell + 1)], the first of each column 0, from
 * found[cell × course × column] and the courses of that frame.
 */
export function sumCells(
  found: usize,
  courses: usize,
  cells: i32,
  courseCount: i32,
  columns: i32,
  sums: usize,
): void {
  const rowBytes = (<usize>columns) << 3
  const sumBytes = (<usize>(cells + 1)) << 3
  const coursesEnd = courses + ((<usize>courseCount) << 3)
  for (let c = 0; c < columns; c += 2) {
    const paired = c + 1 < columns
    let at = found + ((<usize>c) << 3)
    let to = sums + <usize>c * sumBytes
    let total = f64x2.splat(0)
    for (let cell = 0; ; cell++) {
      store<f64>(to, f64x2.extract_lane(total, 0))
      if (paired) store<f64>(to + sumBytes, f64x2.extract_lane(total, 1))
      if (cell === cells) break
      for (let course = courses; course < coursesEnd; course += 8) {
        const values = paired ? v128.load(at) : v128.load64_zero(at)
        total = f64x2.add(total, f64x2.mul(v128.load64_splat(course), values))
        at += rowBytes
      }
      to += 8
    }
  }
}
