import type { Voxels } from '../volume'
import type { GridMap } from './gridMap'

/**
 * Fills `to`, from its slice `toSlice` on, with slices [first, last] of the volume `from`, taken at `map`'s indices by
 * trilinear interpolation: it makes no values that were not there, where a cubic one rings by tens of HU beside the
 * skull. Beyond the volume its border goes on. Where `to` holds whole numbers they are rounded.
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
        const a = iz * area + iy * nx + ix
        const b = a + up
        const top = from[a] + (from[a + right] - from[a]) * fx
        const bottom = from[a + down] + (from[a + down + right] - from[a + down]) * fx
        const upperTop = from[b] + (from[b + right] - from[b]) * fx
        const upperBottom = from[b + down] + (from[b + down + right] - from[b + down]) * fx
        const low = top + (bottom - top) * fy
        const high = upperTop + (upperBottom - upperTop) * fy
        const value = low + (high - low) * (pz - iz)
        to[at] = whole ? Math.floor(value + 0.5) : value
      }
    }
  }
}
