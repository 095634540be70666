/**
 * What runs for every voxel, on vectors of four lanes; AssemblyScript, translated to WebAssembly by `npm run kernels`.
 * Everything is float32 and planar: a block holds `width` neighbouring voxels, [row × width], so that a lane is a voxel
 * and no sum runs across lanes. `width` is a multiple of 8, addresses are bytes and multiples of 16.
 */

/**
 * out[m × width] = matrix[m × k] · columns[k × width]; rows of `out` begin every `outStep` bytes. `m` is a multiple of 4
 * and the matrix is packed in bands of four rows, [band][k][4].
 */
export function multiply(
  matrix: usize,
  columns: usize,
  out: usize,
  m: i32,
  k: i32,
  width: i32,
  outStep: usize,
): void {
  const rowBytes: usize = (<usize>width) << 2
  const bandBytes: usize = (<usize>k) << 4
  for (let lane: usize = 0; lane < rowBytes; lane += 32) {
    let band = matrix
    let to = out + lane
    for (let row = 0; row < m; row += 4) {
      let a0 = f32x4.splat(0)
      let a1 = f32x4.splat(0)
      let b0 = f32x4.splat(0)
      let b1 = f32x4.splat(0)
      let c0 = f32x4.splat(0)
      let c1 = f32x4.splat(0)
      let d0 = f32x4.splat(0)
      let d1 = f32x4.splat(0)
      let at = columns + lane
      const stop = band + bandBytes
      for (; band < stop; band += 16) {
        const left = v128.load(at)
        const right = v128.load(at, 16)
        let factor = v128.load32_splat(band)
        a0 = f32x4.add(a0, f32x4.mul(factor, left))
        a1 = f32x4.add(a1, f32x4.mul(factor, right))
        factor = v128.load32_splat(band, 4)
        b0 = f32x4.add(b0, f32x4.mul(factor, left))
        b1 = f32x4.add(b1, f32x4.mul(factor, right))
        factor = v128.load32_splat(band, 8)
        c0 = f32x4.add(c0, f32x4.mul(factor, left))
        c1 = f32x4.add(c1, f32x4.mul(factor, right))
        factor = v128.load32_splat(band, 12)
        d0 = f32x4.add(d0, f32x4.mul(factor, left))
        d1 = f32x4.add(d1, f32x4.mul(factor, right))
        at += rowBytes
      }
      v128.store(to, a0)
      v128.store(to, a1, 16)
      to += outStep
      v128.store(to, b0)
      v128.store(to, b1, 16)
      to += outStep
      v128.store(to, c0)
      v128.store(to, c1, 16)
      to += outStep
      v128.store(to, d0)
      v128.store(to, d1, 16)
      to += outStep
    }
  }
}

/**
 * Turns every column of stored values[rows × width] into its enhancement over the mean of its first `first` rows, in
 * place: slope · (value − mean). That mean, slope · mean + intercept, goes to baseline[width].
 */
export function enhance(
  values: usize,
  rows: i32,
  first: i32,
  slope: f32,
  intercept: f32,
  width: i32,
  baseline: usize,
): void {
  const rowBytes: usize = (<usize>width) << 2
  const perFirst = f32x4.splat(<f32>1 / <f32>first)
  const slopes = f32x4.splat(slope)
  for (let lane: usize = 0; lane < rowBytes; lane += 16) {
    // Counted from the first value, so that a large offset of the stored values costs no digits.
    const origin = v128.load(values + lane)
    let mean = f32x4.splat(0)
    let at = values + lane
    for (let row = 0; row < first; row++, at += rowBytes) {
      mean = f32x4.add(mean, f32x4.sub(v128.load(at), origin))
    }
    mean = f32x4.mul(mean, perFirst)
    v128.store(baseline + lane, f32x4.add(f32x4.mul(f32x4.add(origin, mean), slopes), f32x4.splat(intercept)))
    at = values + lane
    for (let row = 0; row < rows; row++, at += rowBytes) {
      v128.store(at, f32x4.mul(f32x4.sub(f32x4.sub(v128.load(at), origin), mean), slopes))
    }
  }
}

/** Sets to 0 what `inside` [width], lanes of all ones or all zeros, does not keep of rows that begin every `step` bytes. */
export function keepInside(values: usize, rows: i32, step: usize, inside: usize, width: i32): void {
  const rowBytes: usize = (<usize>width) << 2
  for (let lane: usize = 0; lane < rowBytes; lane += 16) {
    const keep = v128.load(inside + lane)
    let at = values + lane
    for (let row = 0; row < rows; row++, at += step) v128.store(at, v128.and(v128.load(at), keep))
  }
}

/** ln 2 in two parts, of which the first has few digits: its multiples are exact. */
const LN2_HIGH: f32 = 0.693359375
const LN2_LOW: f32 = <f32>(0.6931471805599453 - 0.693359375)

/** e^x for −20 ≤ x ≤ 0, to 2·10⁻⁷ of its value: 2^n times the Taylor polynomial of what remains. */
function exponential(x: v128): v128 {
  const power = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.4426950408889634)))
  let rest = f32x4.sub(x, f32x4.mul(power, f32x4.splat(LN2_HIGH)))
  rest = f32x4.sub(rest, f32x4.mul(power, f32x4.splat(LN2_LOW)))
  let sum = f32x4.splat(1.0 / 5040)
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(1.0 / 720))
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(1.0 / 120))
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(1.0 / 24))
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(1.0 / 6))
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(0.5))
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(1))
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(1))
  return f32x4.mul(sum, i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(power), i32x4.splat(127)), 23))
}

function squaredGap(own: v128, at: usize): v128 {
  const gap = f32x4.sub(own, v128.load(at))
  return f32x4.mul(gap, gap)
}

/**
 * The mean of each of `width` voxels with its similar neighbours, as similarityFilter.ts defines it. `coordinates`
 * points at the first voxel in the first plane of its row; a row has `rank` planes, a multiple of four and at least
 * eight, `plane` bytes apart, of which the first eight are compared, then one of baselines, then one that is all ones
 * in the mask and all zeros outside. Neighbours are `count` byte offsets with weights. `scratch` holds 20 bytes for
 * each. out[rank × width]; undefined outside the mask.
 */
export function averageSimilar(
  coordinates: usize,
  plane: usize,
  rank: i32,
  offsets: usize,
  weights: usize,
  count: i32,
  perVariance: f32,
  perBaseline: f32,
  expected: f32,
  perSpread: f32,
  scratch: usize,
  out: usize,
  width: i32,
): void {
  const rowBytes: usize = (<usize>width) << 2
  const baselinePlane = plane * <usize>rank
  const insidePlane = baselinePlane + plane
  const zero = f32x4.splat(0)
  const farthest = f32x4.splat(4)
  const kept = scratch + ((<usize>count) << 4)
  for (let lane: usize = 0; lane < rowBytes; lane += 16) {
    const own = coordinates + lane
    if (!v128.any_true(v128.load(own + insidePlane))) continue
    const ownBaseline = v128.load(own + baselinePlane)
    const own0 = v128.load(own)
    const own1 = v128.load(own + plane)
    const own2 = v128.load(own + plane * 2)
    const own3 = v128.load(own + plane * 3)
    const own4 = v128.load(own + plane * 4)
    const own5 = v128.load(own + plane * 5)
    const own6 = v128.load(own + plane * 6)
    const own7 = v128.load(own + plane * 7)
    let total = zero
    let shareAt = scratch
    let keptAt = kept
    for (let n = 0; n < count; n++) {
      const offset: isize = load<i32>(offsets + ((<usize>n) << 2))
      const there = own + offset
      const counts = v128.load(there + insidePlane)
      if (!v128.any_true(counts)) continue
      let square = f32x4.add(squaredGap(own0, there), squaredGap(own1, there + plane))
      square = f32x4.add(square, squaredGap(own2, there + plane * 2))
      square = f32x4.add(square, squaredGap(own3, there + plane * 3))
      square = f32x4.add(square, squaredGap(own4, there + plane * 4))
      square = f32x4.add(square, squaredGap(own5, there + plane * 5))
      square = f32x4.add(square, squaredGap(own6, there + plane * 6))
      square = f32x4.add(square, squaredGap(own7, there + plane * 7))
      const apart = f32x4.add(
        f32x4.mul(square, f32x4.splat(perVariance)),
        f32x4.mul(squaredGap(ownBaseline, there + baselinePlane), f32x4.splat(perBaseline)),
      )
      const excess = f32x4.pmax(
        f32x4.mul(f32x4.sub(apart, f32x4.splat(expected)), f32x4.splat(perSpread)),
        zero,
      )
      const similar = v128.and(counts, f32x4.le(excess, farthest))
      if (!v128.any_true(similar)) continue
      const bounded = f32x4.pmin(excess, farthest)
      const closeness = exponential(f32x4.mul(f32x4.mul(bounded, bounded), f32x4.splat(-0.5)))
      const share = v128.and(f32x4.mul(closeness, v128.load32_splat(weights + ((<usize>n) << 2))), similar)
      total = f32x4.add(total, share)
      v128.store(shareAt, share)
      store<i32>(keptAt, <i32>offset)
      shareAt += 16
      keptAt += 4
    }
    const perTotal = f32x4.div(f32x4.splat(1), total)
    let first = own
    let to = out + lane
    for (let r = 0; r < rank; r += 4) {
      let a = zero
      let b = zero
      let c = zero
      let d = zero
      let at = kept
      for (let share = scratch; share < shareAt; share += 16, at += 4) {
        const there = first + <isize>load<i32>(at)
        const factor = v128.load(share)
        a = f32x4.add(a, f32x4.mul(factor, v128.load(there)))
        b = f32x4.add(b, f32x4.mul(factor, v128.load(there + plane)))
        c = f32x4.add(c, f32x4.mul(factor, v128.load(there + plane * 2)))
        d = f32x4.add(d, f32x4.mul(factor, v128.load(there + plane * 3)))
      }
      v128.store(to, f32x4.mul(a, perTotal))
      v128.store(to + rowBytes, f32x4.mul(b, perTotal))
      v128.store(to + rowBytes * 2, f32x4.mul(c, perTotal))
      v128.store(to + rowBytes * 3, f32x4.mul(d, perTotal))
      first += plane * 4
      to += rowBytes * 4
    }
  }
}

/** The row (i32) of the first highest value of each column of values[rows × width]. */
export function highestRows(values: usize, rows: i32, width: i32, out: usize): void {
  const rowBytes: usize = (<usize>width) << 2
  for (let lane: usize = 0; lane < rowBytes; lane += 16) {
    let at = values + lane
    let highest = v128.load(at)
    let found = i32x4.splat(0)
    for (let row = 1; row < rows; row++) {
      at += rowBytes
      const value = v128.load(at)
      const higher = f32x4.gt(value, highest)
      highest = v128.bitselect(value, highest, higher)
      found = v128.bitselect(i32x4.splat(row), found, higher)
    }
    v128.store(out + lane, found)
  }
}

export { addSamples, factoriseBand, solveBand, sumCells } from './columns'
export { bilateral, patchGuided } from './filters'
export { profileMeans, profileWeights, transposed } from './profiles'
export { resampleRow } from './resample'
