/**
 * The filters of frames (src-main/engine/filters says what each is), on vectors of four lanes, float32. A plane holds an
 * image with a margin that neighbours reach into (filters/plane.ts). Neighbours are `count` byte offsets; `closeness` holds for each the base-2 logarithm of its spatial weight. Widths are
 * multiples of 8, addresses are bytes.
 */

/** 1.5 · 2²³: adding it rounds to an integer, which then stands in the low bits. */
const TO_INTEGER: f32 = 12582912

/** 2^x for −100 ≤ x, by a minimax polynomial, to 3·10⁻⁶ of its value; 2⁻¹⁰⁰ below. */
export function powerOfTwo(x: v128): v128 {
  const bounded = f32x4.pmax(x, f32x4.splat(-100))
  const shifted = f32x4.add(bounded, f32x4.splat(TO_INTEGER))
  const rest = f32x4.sub(bounded, f32x4.sub(shifted, f32x4.splat(TO_INTEGER)))
  let sum = f32x4.add(f32x4.mul(rest, f32x4.splat(0.00957010187636109)), f32x4.splat(0.05591786187402227))
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(0.24024744842271026))
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(0.6931218145483267))
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(0.9999992614371483))
  return i32x4.add(sum, i32x4.shl(shifted, 23))
}

/** ((x + first) · (x² + second) + third)¹⁶ of x = min(gap², far). */
function rangeWeight(gap: v128, far: v128, first: v128, second: v128, third: v128): v128 {
  const x = f32x4.pmin(f32x4.mul(gap, gap), far)
  let weight = f32x4.add(f32x4.mul(f32x4.add(x, first), f32x4.add(f32x4.mul(x, x), second)), third)
  weight = f32x4.mul(weight, weight)
  weight = f32x4.mul(weight, weight)
  weight = f32x4.mul(weight, weight)
  return f32x4.mul(weight, weight)
}

/**
 * out[width]: the mean of each voxel with its neighbours, weighted by nearness times the weight of their difference in
 * value (the bilateral filter, Tomasi & Manduchi, ICCV 1998). The latter is the 16th power of a polynomial of the squared
 * gap, ((x + first) · (x² + second) + third)¹⁶ with x no larger than `far`; filters/rangeWeight.ts has its numbers, and
 * the scale of the plane that they are for. Neighbours come in `quads` of four byte offsets with one nearness; the voxel
 * itself is not among them and counts `own`. Width is a multiple of 4.
 */
export function bilateral(
  plane: usize,
  offsets: usize,
  nearness: usize,
  quads: i32,
  own: f32,
  far: f32,
  first: f32,
  second: f32,
  third: f32,
  out: usize,
  width: i32,
): void {
  const rowBytes: usize = (<usize>width) << 2
  const stop = offsets + ((<usize>quads) << 4)
  const end = f32x4.splat(far)
  const a = f32x4.splat(first)
  const b = f32x4.splat(second)
  const c = f32x4.splat(third)
  const still = f32x4.mul(rangeWeight(f32x4.splat(0), end, a, b, c), f32x4.splat(own))
  for (let lane: usize = 0; lane < rowBytes; lane += 16) {
    const at = plane + lane
    const value = v128.load(at)
    let total = still
    let shift = f32x4.splat(0)
    let near = nearness
    for (let n = offsets; n < stop; n += 16, near += 4) {
      let gap = f32x4.sub(v128.load(at + <isize>load<i32>(n)), value)
      let weights = rangeWeight(gap, end, a, b, c)
      let shifts = f32x4.mul(weights, gap)
      gap = f32x4.sub(v128.load(at + <isize>load<i32>(n, 4)), value)
      let weight = rangeWeight(gap, end, a, b, c)
      weights = f32x4.add(weights, weight)
      shifts = f32x4.add(shifts, f32x4.mul(weight, gap))
      gap = f32x4.sub(v128.load(at + <isize>load<i32>(n, 8)), value)
      weight = rangeWeight(gap, end, a, b, c)
      weights = f32x4.add(weights, weight)
      shifts = f32x4.add(shifts, f32x4.mul(weight, gap))
      gap = f32x4.sub(v128.load(at + <isize>load<i32>(n, 12)), value)
      weight = rangeWeight(gap, end, a, b, c)
      weights = f32x4.add(weights, weight)
      shifts = f32x4.add(shifts, f32x4.mul(weight, gap))
      const shared = v128.load32_splat(near)
      total = f32x4.add(total, f32x4.mul(weights, shared))
      shift = f32x4.add(shift, f32x4.mul(shifts, shared))
    }
    v128.store(out + lane, f32x4.add(value, f32x4.div(shift, total)))
  }
}

/**
 * One neighbour's part of the non-local means (Buades, Coll & Morel, CVPR 2005; sums as in Darbon et al., ISBI 2008) for
 * `rows` rows of a plane whose rows are `rowBytes` apart: adds 2^(−perPatch · max(0, Σ gap² − expected)) to totals, and
 * that times the gap to shifts; Σ runs over the square patch out to `radius` voxels. `sums` holds a row of squares for
 * each row of the patch and one of their sums; each row of it, of totals and of shifts is `width` numbers and 16 bytes
 * longer. The first voxel is `plane`; the patch reaches `radius` voxels to every side of the margin.
 */
export function patchGuided(
  plane: usize,
  rowBytes: usize,
  rows: i32,
  offset: isize,
  radius: i32,
  perPatch: f32,
  expected: f32,
  sums: usize,
  totals: usize,
  shifts: usize,
  width: i32,
): void {
  const zero = f32x4.splat(0)
  const perSquare = f32x4.splat(perPatch)
  const explained = f32x4.splat(expected)
  const across: i32 = 2 * radius + 1
  const outBytes: usize = (<usize>width) << 2
  const left: usize = (<usize>radius) << 2
  const reachBytes: usize = (<usize>across) << 2
  /** A row of squares begins `radius` voxels to the left and ends as many to the right. */
  const sumBytes: usize = outBytes + 64
  const column = sums + sumBytes * <usize>across
  for (let row = -radius; row < rows + radius; row++) {
    const from = plane + <usize>row * rowBytes - left
    const squares = sums + sumBytes * <usize>((row + radius) % across)
    for (let lane: usize = 0; lane < outBytes + (left << 1); lane += 16) {
      const gap = f32x4.sub(v128.load(from + lane + offset), v128.load(from + lane))
      v128.store(squares + lane, f32x4.mul(gap, gap))
    }
    if (row < radius) continue
    for (let lane: usize = 0; lane < outBytes + (left << 1); lane += 16) {
      let sum = v128.load(sums + lane)
      for (let n = 1; n < across; n++) sum = f32x4.add(sum, v128.load(sums + sumBytes * <usize>n + lane))
      v128.store(column + lane, sum)
    }
    const middle = row - radius
    const own = plane + <usize>middle * rowBytes
    const total = totals + <usize>middle * outBytes
    const shift = shifts + <usize>middle * outBytes
    for (let lane: usize = 0; lane < outBytes; lane += 16) {
      let square = v128.load(column + lane)
      const middleSum = column + lane
      for (let n: usize = 4; n < reachBytes; n += 4) square = f32x4.add(square, v128.load(middleSum + n))
      const apart = f32x4.mul(f32x4.pmax(f32x4.sub(square, explained), zero), perSquare)
      const share = powerOfTwo(f32x4.sub(zero, apart))
      const gap = f32x4.sub(v128.load(own + lane + offset), v128.load(own + lane))
      v128.store(total + lane, f32x4.add(v128.load(total + lane), share))
      v128.store(shift + lane, f32x4.add(v128.load(shift + lane), f32x4.mul(share, gap)))
    }
  }
}
