import { powerOfTwo } from './filters'

/**
 * The filter guided by the course over time (Mendrik et al., Phys Med Biol 2011;56:3857; src-main/engine/filters says what
 * it is), on vectors of four lanes, float32. A voxel's values of all frames lie together, a `step` of bytes for each voxel:
 * the frames, then 0 up to a multiple of 32 numbers. `flags` holds a byte for each voxel: OUTSIDE the image, GUIDE (its
 * neighbours may take from it) or SELECTED (filtered). Offsets between voxels are in voxels, addresses are bytes.
 *
 * Rows are walked 32 frames at a time, and `stride` voxels at a time, that from one neighbour to the next: so what the
 * neighbours of one voxel have in common with those of the next stays in the nearest cache.
 */
const OUTSIDE: u8 = 0
const SELECTED: u8 = 2
/** Bytes of the 32 frames that are done at once. */
const AT_ONCE: usize = 128
/** A voxel's own weight is 1. */
const NEGLIGIBLE: f32 = 1e-10

function squares(own: usize, there: usize): f32 {
  let gap = f32x4.sub(v128.load(there), v128.load(own))
  let even = f32x4.mul(gap, gap)
  gap = f32x4.sub(v128.load(there, 16), v128.load(own, 16))
  let odd = f32x4.mul(gap, gap)
  gap = f32x4.sub(v128.load(there, 32), v128.load(own, 32))
  even = f32x4.add(even, f32x4.mul(gap, gap))
  gap = f32x4.sub(v128.load(there, 48), v128.load(own, 48))
  odd = f32x4.add(odd, f32x4.mul(gap, gap))
  gap = f32x4.sub(v128.load(there, 64), v128.load(own, 64))
  even = f32x4.add(even, f32x4.mul(gap, gap))
  gap = f32x4.sub(v128.load(there, 80), v128.load(own, 80))
  odd = f32x4.add(odd, f32x4.mul(gap, gap))
  gap = f32x4.sub(v128.load(there, 96), v128.load(own, 96))
  even = f32x4.add(even, f32x4.mul(gap, gap))
  gap = f32x4.sub(v128.load(there, 112), v128.load(own, 112))
  odd = f32x4.add(odd, f32x4.mul(gap, gap))
  const sum = f32x4.add(even, odd)
  const pairs = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 2, 3, 0, 1))
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1)
}

/**
 * Of each voxel [from, to) of a row, the weights that it and `half` of its neighbours, a multiple of four, have for each
 * other: 2^(closeness − perProfile · max(0, Σ gap² − expected)), [voxel × half]; 0 where one lies outside or neither is
 * filtered, or where Σ gap² passes `limit`.
 */
export function profileWeights(
  values: usize,
  flags: usize,
  step: usize,
  offsets: usize,
  closeness: usize,
  half: i32,
  stride: i32,
  perProfile: f32,
  expected: f32,
  limit: f32,
  weights: usize,
  from: i32,
  to: i32,
): void {
  const halfBytes: usize = (<usize>half) << 2
  for (let chunk: usize = 0; chunk < step; chunk += AT_ONCE) {
    for (let start = 0; start < stride; start++) {
      for (let x = from + start; x < to; x += stride) {
        const flag = flags + x
        const ownFlag = load<u8>(flag)
        const row = weights + <usize>x * halfBytes
        const own = values + <usize>x * step + chunk
        for (let n: usize = 0; n < halfBytes; n += 4) {
          const offset = load<i32>(offsets + n)
          let sum: f32 = 0
          if (chunk > 0) {
            sum = load<f32>(row + n)
            if (sum >= limit) continue
          } else {
            const thereFlag = load<u8>(flag + offset)
            if (ownFlag === OUTSIDE || thereFlag === OUTSIDE || (ownFlag | thereFlag) < SELECTED) {
              store<f32>(row + n, f32.MAX_VALUE)
              continue
            }
          }
          store<f32>(row + n, sum + squares(own, own + <isize>offset * <isize>step))
        }
      }
    }
  }
  const zero = f32x4.splat(0)
  const most = f32x4.splat(limit)
  const explained = f32x4.splat(expected)
  const perSquare = f32x4.splat(perProfile)
  for (let x = from; x < to; x++) {
    const row = weights + <usize>x * halfBytes
    for (let n: usize = 0; n < halfBytes; n += 16) {
      const sums = v128.load(row + n)
      const apart = f32x4.mul(f32x4.pmax(f32x4.sub(sums, explained), zero), perSquare)
      const weight = powerOfTwo(f32x4.sub(v128.load(closeness + n), apart))
      v128.store(row + n, v128.and(weight, f32x4.lt(sums, most)))
    }
  }
}

/**
 * Of each filtered voxel [from, to) of a row, the mean of its curve and its neighbours', by the weights of
 * `profileWeights`; a voxel's own is 1. The neighbours in the other half, whose offsets are the same with another sign,
 * have theirs at `mirrored`, addresses for the first voxel of the row. `lists` has room for 2 + 4 · half numbers for each
 * voxel of the row. out[voxel × step].
 */
export function profileMeans(
  values: usize,
  flags: usize,
  step: usize,
  offsets: usize,
  half: i32,
  stride: i32,
  weights: usize,
  mirrored: usize,
  lists: usize,
  out: usize,
  from: i32,
  to: i32,
): void {
  const halfBytes: usize = (<usize>half) << 2
  const listBytes: usize = (halfBytes << 2) + 8
  for (let x = from; x < to; x++) {
    if (load<u8>(flags + x) < SELECTED) continue
    const own = values + <usize>x * step
    const row = <usize>x * halfBytes
    const list = lists + <usize>x * listBytes
    let total: f32 = 1
    let end = list + 8
    for (let n: usize = 0; n < halfBytes; n += 4) {
      const away = <isize>load<i32>(offsets + n) * <isize>step
      const there = load<f32>(weights + row + n)
      if (there > NEGLIGIBLE) {
        store<usize>(end, own + away)
        store<f32>(end, there, 4)
        total += there
        end += 8
      }
      const back = load<f32>(load<usize>(mirrored + n) + row)
      if (back > NEGLIGIBLE) {
        store<usize>(end, own - away)
        store<f32>(end, back, 4)
        total += back
        end += 8
      }
    }
    store<usize>(list, end)
    store<f32>(list, 1 / total, 4)
  }
  for (let chunk: usize = 0; chunk < step; chunk += AT_ONCE) {
    for (let start = 0; start < stride; start++) {
      for (let x = from + start; x < to; x += stride) {
        if (load<u8>(flags + x) < SELECTED) continue
        const list = lists + <usize>x * listBytes
        const own = <usize>x * step
        meanOfList(values + own, list + 8, load<usize>(list), load<f32>(list, 4), chunk, out + own)
      }
    }
  }
}

/** 32 frames of the weighted mean of a voxel and those of its list. */
function meanOfList(own: usize, list: usize, end: usize, perTotal: f32, chunk: usize, out: usize): void {
  const from = own + chunk
  let a = v128.load(from)
  let b = v128.load(from, 16)
  let c = v128.load(from, 32)
  let d = v128.load(from, 48)
  let e = v128.load(from, 64)
  let f = v128.load(from, 80)
  let g = v128.load(from, 96)
  let h = v128.load(from, 112)
  for (let entry = list; entry < end; entry += 8) {
    const there = load<usize>(entry) + chunk
    const weight = v128.load32_splat(entry, 4)
    a = f32x4.add(a, f32x4.mul(weight, v128.load(there)))
    b = f32x4.add(b, f32x4.mul(weight, v128.load(there, 16)))
    c = f32x4.add(c, f32x4.mul(weight, v128.load(there, 32)))
    d = f32x4.add(d, f32x4.mul(weight, v128.load(there, 48)))
    e = f32x4.add(e, f32x4.mul(weight, v128.load(there, 64)))
    f = f32x4.add(f, f32x4.mul(weight, v128.load(there, 80)))
    g = f32x4.add(g, f32x4.mul(weight, v128.load(there, 96)))
    h = f32x4.add(h, f32x4.mul(weight, v128.load(there, 112)))
  }
  const shares = f32x4.splat(perTotal)
  const into = out + chunk
  v128.store(into, f32x4.mul(a, shares))
  v128.store(into, f32x4.mul(b, shares), 16)
  v128.store(into, f32x4.mul(c, shares), 32)
  v128.store(into, f32x4.mul(d, shares), 48)
  v128.store(into, f32x4.mul(e, shares), 64)
  v128.store(into, f32x4.mul(f, shares), 80)
  v128.store(into, f32x4.mul(g, shares), 96)
  v128.store(into, f32x4.mul(h, shares), 112)
}

/**
 * out[column × row] = from[row × column] · scale + shift. Rows begin every `fromStep` bytes, columns of the result every
 * `outStep`; rows and columns are multiples of four, or there is room for as many.
 */
export function transposed(
  from: usize,
  rows: i32,
  columns: i32,
  fromStep: usize,
  out: usize,
  outStep: usize,
  scale: f32,
  shift: f32,
): void {
  const by = f32x4.splat(scale)
  const plus = f32x4.splat(shift)
  const columnBytes: usize = (<usize>columns) << 2
  for (let row = 0; row < rows; row += 4) {
    const first = from + <usize>row * fromStep
    let into = out + ((<usize>row) << 2)
    for (let column: usize = 0; column < columnBytes; column += 16) {
      const at = first + column
      const a = f32x4.add(f32x4.mul(v128.load(at), by), plus)
      const b = f32x4.add(f32x4.mul(v128.load(at + fromStep), by), plus)
      const c = f32x4.add(f32x4.mul(v128.load(at + fromStep * 2), by), plus)
      const d = f32x4.add(f32x4.mul(v128.load(at + fromStep * 3), by), plus)
      const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5)
      const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5)
      v128.store(into, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5))
      v128.store(into + outStep, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7))
      const upperAb = v128.shuffle<f32>(a, b, 2, 6, 3, 7)
      const upperCd = v128.shuffle<f32>(c, d, 2, 6, 3, 7)
      v128.store(into + outStep * 2, v128.shuffle<f32>(upperAb, upperCd, 0, 1, 4, 5))
      v128.store(into + outStep * 3, v128.shuffle<f32>(upperAb, upperCd, 2, 3, 6, 7))
      into += outStep << 2
    }
  }
}
