/** Twice Keys' weights (1981) of the four pixels around a place that lies `f` beyond the second of them. */
function cubicWeights(f: f32): v128 {
  const part = f32x4.splat(f)
  let weights = f32x4.add(f32x4.mul(f32x4(-1, 3, -3, 1), part), f32x4(2, -5, 4, -1))
  weights = f32x4.add(f32x4.mul(weights, part), f32x4(-1, 0, 1, 0))
  return f32x4.add(f32x4.mul(weights, part), f32x4(0, 2, 0, 0))
}

/**
 * out[i], first ≤ i < end: the volume [slice × ny × nx], float32, at the index (x, y, z) + i · (stepX, stepY, stepZ), by
 * cubic convolution within the slices and linearly between them, limited to the values of the eight nearest voxels. All
 * these places lie between the second and the last but one voxel of x and y; beyond the first and last slice those go on.
 * `above` is how many bytes lie from one slice to the next, 0 where there is only one.
 */
export function resampleRow(
  volume: usize,
  nx: i32,
  slices: i32,
  above: usize,
  x: f64,
  y: f64,
  z: f64,
  stepX: f64,
  stepY: f64,
  stepZ: f64,
  first: i32,
  end: i32,
  out: usize,
): void {
  const row: usize = (<usize>nx) << 2
  const lastSlice = <f64>(slices - 1)
  const lastBelow: i32 = slices > 2 ? slices - 2 : 0
  for (let i = first; i < end; i++) {
    const px = x + <f64>i * stepX
    const py = y + <f64>i * stepY
    let pz = z + <f64>i * stepZ
    pz = pz < 0 ? 0 : pz > lastSlice ? lastSlice : pz
    const ix = <i32>px
    const iy = <i32>py
    let iz = <i32>pz
    if (iz > lastBelow) iz = lastBelow
    const between = f32x4.splat(<f32>(pz - <f64>iz))
    const low = volume + <usize>iz * above + <usize>(iy - 1) * row + ((<usize>(ix - 1)) << 2)
    const high = low + above
    const down = cubicWeights(<f32>(py - <f64>iy))
    const down0 = i32x4.shuffle(down, down, 0, 0, 0, 0)
    const down1 = i32x4.shuffle(down, down, 1, 1, 1, 1)
    const down2 = i32x4.shuffle(down, down, 2, 2, 2, 2)
    const down3 = i32x4.shuffle(down, down, 3, 3, 3, 3)
    const low1 = v128.load(low + row)
    const low2 = v128.load(low + row * 2)
    const high1 = v128.load(high + row)
    const high2 = v128.load(high + row * 2)
    let below = f32x4.add(f32x4.mul(down0, v128.load(low)), f32x4.mul(down1, low1))
    below = f32x4.add(below, f32x4.mul(down2, low2))
    below = f32x4.add(below, f32x4.mul(down3, v128.load(low + row * 3)))
    let beyond = f32x4.add(f32x4.mul(down0, v128.load(high)), f32x4.mul(down1, high1))
    beyond = f32x4.add(beyond, f32x4.mul(down2, high2))
    beyond = f32x4.add(beyond, f32x4.mul(down3, v128.load(high + row * 3)))
    const column = f32x4.add(below, f32x4.mul(f32x4.sub(beyond, below), between))
    const parts = f32x4.mul(column, cubicWeights(<f32>(px - <f64>ix)))
    const pairs = f32x4.add(parts, i32x4.shuffle(parts, parts, 2, 3, 0, 1))
    const sum = f32x4.add(pairs, i32x4.shuffle(pairs, pairs, 1, 0, 3, 2))
    const least = f32x4.pmin(f32x4.pmin(low1, low2), f32x4.pmin(high1, high2))
    const most = f32x4.pmax(f32x4.pmax(low1, low2), f32x4.pmax(high1, high2))
    // The nearest of a row's four are the second and third.
    const floor = f32x4.pmin(i32x4.shuffle(least, least, 1, 1, 1, 1), i32x4.shuffle(least, least, 2, 2, 2, 2))
    const ceiling = f32x4.pmax(i32x4.shuffle(most, most, 1, 1, 1, 1), i32x4.shuffle(most, most, 2, 2, 2, 2))
    const value = f32x4.pmin(f32x4.pmax(f32x4.mul(sum, f32x4.splat(0.25)), floor), ceiling)
    store<f32>(out + ((<usize>i) << 2), f32x4.extract_lane(value, 0))
  }
}
