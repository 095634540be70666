import type { MapValues, Vec3 } from '@contract'
import type { Point } from './brush'

/**
 * The plane between the two halves of a brain on axial slices: a line of every slice, through `column` (in voxels) on its
 * middle row, turned by `tilt` (radians, clockwise on the screen) from upright.
 */
export interface MidPlane {
  column: number
  tilt: number
}

/** Voxels looked at to find the plane; more change it by less than a tenth of a voxel. */
const SAMPLES = 4000
/** How far from the middle of the brain it is sought, mm, and from upright, radians. */
const FARTHEST = 20
const STEEPEST = (20 * Math.PI) / 180

/** The values of a grid as they lie on the other side, nearest by nearest; `outside` where that is beyond the grid. */
export function mirroredValues(
  values: ArrayLike<number>,
  size: Vec3,
  spacing: Vec3,
  plane: MidPlane,
  outside: number,
): Float32Array<ArrayBuffer> {
  const [nx, ny] = size
  const slice = nx * ny
  const { xi, yi, oi, xj, yj, oj } = reflectionAbout(plane, size, spacing)
  const other = new Float32Array(values.length).fill(outside)
  for (let y = 0; y < ny; y++) {
    for (let x = 0; x < nx; x++) {
      const i = Math.round(xi * x + yi * y + oi)
      const j = Math.round(xj * x + yj * y + oj)
      if (i < 0 || j < 0 || i >= nx || j >= ny) continue
      const [to, from] = [y * nx + x, j * nx + i]
      for (let z = 0; z < values.length; z += slice) other[z + to] = values[z + from]
    }
  }
  return other
}

/** A reflection of in-plane voxel coordinates: i = xi·x + yi·y + oi, and j alike. */
interface Reflection {
  xi: number
  yi: number
  oi: number
  xj: number
  yj: number
  oj: number
}

function reflectionAbout({ column, tilt }: MidPlane, size: Vec3, [sx, sy]: Vec3): Reflection {
  const [nx, ny] = [Math.cos(tilt), Math.sin(tilt)]
  const away = column * sx * nx + ((size[1] - 1) / 2) * sy * ny
  return {
    xi: 1 - 2 * nx * nx,
    yi: (-2 * nx * ny * sy) / sx,
    oi: (2 * nx * away) / sx,
    xj: (-2 * nx * ny * sx) / sy,
    yj: 1 - 2 * ny * ny,
    oj: (2 * ny * away) / sy,
  }
}

/** Where a point of a slice lies on the other side. */
export function mirroredPoint(plane: MidPlane, size: Vec3, spacing: Vec3, [x, y]: Point): Point {
  const { xi, yi, oi, xj, yj, oj } = reflectionAbout(plane, size, spacing)
  return [xi * x + yi * y + oi, xj * x + yj * y + oj]
}

/** The mask (of the grid, or of whole slices of it) as it lies on the other side, nearest voxel by nearest voxel. */
export function mirroredMask(mask: Uint8Array, size: Vec3, spacing: Vec3, plane: MidPlane): Uint8Array {
  return Uint8Array.from(mirroredValues(mask, size, spacing, plane, 0))
}

/**
 * The plane about which a brain is most like its mirror image: of a sample of its voxels, the most have a voxel of the
 * brain on the other side. Sought on a grid of planes around the middle of the brain, then ever more finely around the
 * best. `inside` tells by offset whether a voxel is brain. Null where none is.
 */
export function midPlaneOf(inside: (offset: number) => boolean, size: Vec3, spacing: Vec3): MidPlane | null {
  const sample = sampled(inside, size)
  if (sample.length === 0) return null
  const [nx, ny] = size
  const score = (plane: MidPlane): number => {
    const { xi, yi, oi, xj, yj, oj } = reflectionAbout(plane, size, spacing)
    let hits = 0
    for (let at = 0; at < sample.length; at += 3) {
      const i = Math.round(xi * sample[at] + yi * sample[at + 1] + oi)
      const j = Math.round(xj * sample[at] + yj * sample[at + 1] + oj)
      if (i < 0 || j < 0 || i >= nx || j >= ny) continue
      if (inside((sample[at + 2] * ny + j) * nx + i)) hits++
    }
    return hits
  }
  let sum = 0
  for (let at = 0; at < sample.length; at += 3) sum += sample[at]
  const middle = sum / (sample.length / 3)
  let best: MidPlane = { column: middle, tilt: 0 }
  let highest = score(best)
  const seek = (around: MidPlane, reach: MidPlane, step: MidPlane): void => {
    for (let tilt = -reach.tilt; tilt <= reach.tilt + 1e-9; tilt += step.tilt) {
      for (let column = -reach.column; column <= reach.column + 1e-9; column += step.column) {
        const plane = { column: around.column + column, tilt: around.tilt + tilt }
        const hits = score(plane)
        if (hits > highest) [best, highest] = [plane, hits]
      }
    }
  }
  let step: MidPlane = { column: FARTHEST / 8 / spacing[0], tilt: STEEPEST / 8 }
  seek(best, { column: 8 * step.column, tilt: 8 * step.tilt }, step)
  for (let finer = 0; finer < 4; finer++) {
    const reach = step
    step = { column: step.column / 2, tilt: step.tilt / 2 }
    seek(best, reach, step)
  }
  return best
}

/** x, y and z of voxels of the brain, evenly taken. */
function sampled(inside: (offset: number) => boolean, [nx, ny, nz]: Vec3): Int32Array {
  const voxels: number[] = []
  for (let at = 0; at < nx * ny * nz; at++) if (inside(at)) voxels.push(at)
  const count = Math.min(SAMPLES, voxels.length)
  const sample = new Int32Array(3 * count)
  for (let n = 0; n < count; n++) {
    const voxel = voxels[Math.floor((n * voxels.length) / count)]
    sample[3 * n] = voxel % nx
    sample[3 * n + 1] = Math.floor(voxel / nx) % ny
    sample[3 * n + 2] = Math.floor(voxel / (nx * ny))
  }
  return sample
}

/** Means of a map in a structure and on the other side, in its unit. */
export interface SideMeans {
  here: number
  there: number
}

/**
 * The means of a map over the brain within a structure and within its mirror image, what the structure itself covers of
 * it left out. Null where either holds no brain.
 */
export function sideMeans(map: MapValues, structure: Uint8Array, mirrored: Uint8Array): SideMeans | null {
  const sums = { here: 0, there: 0 }
  const counts = { here: 0, there: 0 }
  for (let at = 0; at < structure.length; at++) {
    if (structure[at] === 0 && mirrored[at] === 0) continue
    const value = map.values[at]
    if (value === map.outside || !Number.isFinite(value)) continue
    const side = structure[at] === 1 ? 'here' : 'there'
    sums[side] += value
    counts[side]++
  }
  if (counts.here === 0 || counts.there === 0) return null
  return { here: sums.here / counts.here, there: sums.there / counts.there }
}
