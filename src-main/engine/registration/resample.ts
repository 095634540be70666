import type { Voxels } from '../volume'
import type { GridMap } from './gridMap'

/**
 * Fills `to`, from its slice `toSlice` on, with slices [first, last] of the volume `from`, taken at `map`'s indices.
 * Within the slices by cubic convolution (Keys 1981), which keeps the peaks of vessels a few pixels wide where linear
 * interpolation lowers them, limited to the values of the nearest voxels, so that the skull does not ring into the
 * brain; between the slices, which are thick, linearly. Beyond the volume its border goes on. Where `to` holds whole
 * numbers they are rounded.
 */
export function resampleSlices(
  from: Voxels,
  size: readonly [number, number, number],
  map: GridMap,
  [first, last]: readonly [number, number],
  to: Voxels,
  toSlice = first,
): void {
  const [nx, ny, nz] = size
  const area = nx * ny
  const whole = !(to instanceof Float32Array)
  const [lastX, lastY, lastZ] = [Math.max(0, nx - 2), Math.max(0, ny - 2), Math.max(0, nz - 2)]
  const right = nx > 1 ? 1 : 0
  const down = ny > 1 ? nx : 0
  const up = nz > 1 ? area : 0
  const [sx, sy, sz] = map.x
  for (let slice = first; slice <= last; slice++) {
    for (let row = 0; row < ny; row++) {
      let x = map.start[0] + row * map.y[0] + slice * map.z[0]
      let y = map.start[1] + row * map.y[1] + slice * map.z[1]
      let z = map.start[2] + row * map.y[2] + slice * map.z[2]
      const start = (toSlice + slice - first) * area + row * nx
      for (let at = start; at < start + nx; at++, x += sx, y += sy, z += sz) {
        const px = x < 0 ? 0 : x > nx - 1 ? nx - 1 : x
        const py = y < 0 ? 0 : y > ny - 1 ? ny - 1 : y
        const pz = z < 0 ? 0 : z > nz - 1 ? nz - 1 : z
        const ix = px > lastX ? lastX : px | 0
        const iy = py > lastY ? lastY : py | 0
        const iz = pz > lastZ ? lastZ : pz | 0
        const fx = px - ix
        const fy = py - iy
        const fz = pz - iz
        const a = iz * area + iy * nx + ix
        const b = a + up
        const a0 = from[a]
        const a1 = from[a + right]
        const a2 = from[a + down]
        const a3 = from[a + down + right]
        const b0 = from[b]
        const b1 = from[b + right]
        const b2 = from[b + down]
        const b3 = from[b + down + right]
        let value: number
        if (ix > 0 && iy > 0 && ix < lastX && iy < lastY) {
          const x0 = ((2 - fx) * fx - 1) * fx
          const x1 = (3 * fx - 5) * fx * fx + 2
          const x2 = ((4 - 3 * fx) * fx + 1) * fx
          const x3 = (fx - 1) * fx * fx
          const low = cubicPlane(from, a - nx - 1, nx, x0, x1, x2, x3, fy)
          const high = fz > 0 ? cubicPlane(from, b - nx - 1, nx, x0, x1, x2, x3, fy) : low
          value = low + (high - low) * fz
          const least = Math.min(
            Math.min(Math.min(a0, a1), Math.min(a2, a3)),
            Math.min(Math.min(b0, b1), Math.min(b2, b3)),
          )
          const most = Math.max(
            Math.max(Math.max(a0, a1), Math.max(a2, a3)),
            Math.max(Math.max(b0, b1), Math.max(b2, b3)),
          )
          if (value < least) value = least
          else if (value > most) value = most
        } else {
          const low = a0 + (a1 - a0) * fx + (a2 + (a3 - a2) * fx - a0 - (a1 - a0) * fx) * fy
          const high = b0 + (b1 - b0) * fx + (b2 + (b3 - b2) * fx - b0 - (b1 - b0) * fx) * fy
          value = low + (high - low) * fz
        }
        to[at] = whole ? Math.floor(value + 0.5) : value
      }
    }
  }
}

/** Keys' cubic convolution of the 4 × 4 pixels from `at` on; the weights along x are given, twice as large as Keys'. */
function cubicPlane(
  from: Voxels,
  at: number,
  nx: number,
  x0: number,
  x1: number,
  x2: number,
  x3: number,
  f: number,
): number {
  let row = at
  const r0 = x0 * from[row] + x1 * from[row + 1] + x2 * from[row + 2] + x3 * from[row + 3]
  row += nx
  const r1 = x0 * from[row] + x1 * from[row + 1] + x2 * from[row + 2] + x3 * from[row + 3]
  row += nx
  const r2 = x0 * from[row] + x1 * from[row + 1] + x2 * from[row + 2] + x3 * from[row + 3]
  row += nx
  const r3 = x0 * from[row] + x1 * from[row + 1] + x2 * from[row + 2] + x3 * from[row + 3]
  const y0 = ((2 - f) * f - 1) * f
  const y1 = (3 * f - 5) * f * f + 2
  const y2 = ((4 - 3 * f) * f + 1) * f
  const y3 = (f - 1) * f * f
  return (y0 * r0 + y1 * r1 + y2 * r2 + y3 * r3) / 4
}
