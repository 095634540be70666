import type { Geometry, Vec3 } from '@contract'
import { isSheared, voxelToWorld } from '../volume'
import { nearestSquares } from './distanceTransform'
import { quantileOfSorted } from './sample'

/** Distances between the surfaces of two segmentations A and B, mm. */
export interface SurfaceDistances {
  /** The larger of the two directed maxima over the surfaces. */
  hausdorff: number
  /** The larger of the two directed 95th percentiles (Metrics Reloaded, MONAI). */
  hausdorff95: number
  /** The 95th percentile of both directions pooled (MedPy, the SimpleITK notebooks). */
  hausdorff95Pooled: number
  /** The larger directed maximum between the sets of all voxels (ITK's HausdorffDistanceImageFilter, scipy). */
  hausdorffSets: number
  /** Average symmetric surface distance: mean of both directions pooled (Metrics Reloaded, MedPy 0.5). */
  averageSymmetric: number
  /** Mean of the two directed means (MASD of Metrics Reloaded). */
  averageOfMeans: number
}

/**
 * Marks the voxels of a mask [z × y × x] that have a face to the outside; beyond the box is outside. An axis along
 * which the whole `grid` has one voxel has no faces: a single slice has outlines only.
 */
export function surfaceOf(
  mask: Uint8Array,
  [nx, ny, nz]: Readonly<Vec3>,
  grid: Readonly<Vec3> = [nx, ny, nz],
): Uint8Array {
  const [flatX, flatY, flatZ] = [grid[0] === 1, grid[1] === 1, grid[2] === 1]
  const surface = new Uint8Array(mask.length)
  const plane = nx * ny
  for (let z = 0, at = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, at++) {
        if (mask[at] === 0) continue
        const inside =
          (flatX || (x > 0 && x < nx - 1 && mask[at - 1] !== 0 && mask[at + 1] !== 0)) &&
          (flatY || (y > 0 && y < ny - 1 && mask[at - nx] !== 0 && mask[at + nx] !== 0)) &&
          (flatZ || (z > 0 && z < nz - 1 && mask[at - plane] !== 0 && mask[at + plane] !== 0))
        if (!inside) surface[at] = 1
      }
    }
  }
  return surface
}

/** A segmentation within a box, ready to be compared with others there. */
export interface Shape {
  mask: Uint8Array
  /** Indices of the voxels of its surface. */
  surface: Int32Array
  /** mm² from a voxel of the box to the nearest of the surface; one at or below `enough` may stand for a smaller one. */
  square(at: number, enough?: number): number
}

/**
 * The shape of a mask that fills a box of the grid; null where it is empty. The box holds every voxel of all masks that
 * will be compared, and `within` marks them all: on a sheared grid distances elsewhere are not known.
 */
export function shapeOf(
  mask: Uint8Array,
  size: Readonly<Vec3>,
  geometry: Geometry,
  within: () => Uint8Array,
): Shape | null {
  const surface = surfaceOf(mask, size, geometry.size)
  const points = indicesOf(surface)
  if (points.length === 0) return null
  if (!isSheared(geometry)) {
    return { mask, surface: points, square: nearestSquares(surface, size, geometry.spacing) }
  }
  const squares = squaredDistancesSheared(surface, within(), size, geometry)
  return { mask, surface: points, square: (at) => squares[at] }
}

/**
 * Distances between two shapes of one box. Directed distance of A: from each voxel of its surface to the nearest of B's
 * (Taha & Hanbury, BMC Med Imaging 2015;15:29; Maier-Hein et al., Nat Methods 2024;21:195), centre to centre in mm.
 */
export function surfaceDistances(a: Shape, b: Shape): SurfaceDistances {
  const forth = directed(a, b)
  const back = directed(b, a)
  const pooled = merged(forth, back)
  const [sumForth, sumBack] = [total(forth), total(back)]
  return {
    hausdorff: pooled[pooled.length - 1],
    hausdorff95: Math.max(quantileOfSorted(forth, 0.95), quantileOfSorted(back, 0.95)),
    hausdorff95Pooled: quantileOfSorted(pooled, 0.95),
    hausdorffSets: Math.max(farthestOutside(a, b), farthestOutside(b, a)),
    averageSymmetric: (sumForth + sumBack) / pooled.length,
    averageOfMeans: (sumForth / forth.length + sumBack / back.length) / 2,
  }
}

/** From every voxel of the surface of `a` to the surface of `b`, ascending. */
function directed(a: Shape, b: Shape): Float64Array {
  const distances = new Float64Array(a.surface.length)
  for (let i = 0; i < distances.length; i++) distances[i] = b.square(a.surface[i])
  distances.sort()
  for (let i = 0; i < distances.length; i++) distances[i] = Math.sqrt(distances[i])
  return distances
}

/** Two ascending lists as one. */
function merged(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(a.length + b.length)
  for (let to = 0, i = 0, j = 0; to < both.length; to++) {
    both[to] = j === b.length || (i < a.length && a[i] <= b[j]) ? a[i++] : b[j++]
  }
  return both
}

function indicesOf(marked: Uint8Array): Int32Array {
  let count = 0
  for (let i = 0; i < marked.length; i++) count += marked[i]
  const indices = new Int32Array(count)
  for (let i = 0, to = 0; to < count; i++) if (marked[i] !== 0) indices[to++] = i
  return indices
}

/** The farthest that a voxel of `a` lies from `b`; a voxel outside `b` is nearest to a voxel of its surface. */
function farthestOutside(a: Shape, b: Shape): number {
  let farthest = 0
  for (let i = 0; i < a.mask.length; i++) {
    if (a.mask[i] === 0 || b.mask[i] !== 0) continue
    const square = b.square(i, farthest)
    if (square > farthest) farthest = square
  }
  return Math.sqrt(farthest)
}

function total(values: Float64Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return sum
}

/**
 * The same where the slices are sheared (gantry tilt), whose axes no transform can part: every voxel `within` is held
 * against every voxel of the surface, slice by slice from its own outwards until no nearer one can be.
 */
function squaredDistancesSheared(
  surface: Uint8Array,
  within: Uint8Array,
  [nx, ny, nz]: Readonly<Vec3>,
  geometry: Geometry,
): Float64Array {
  const slices = Array.from({ length: nz }, (): number[] => [])
  const squares = new Float64Array(surface.length).fill(Infinity)
  const origin = voxelToWorld(geometry, [0, 0, 0])
  const step = voxelToWorld(geometry, [0, 0, 1]).map((value, i) => value - origin[i])
  const along = (axis: 0 | 1): number => geometry.direction[axis].reduce((sum, d, i) => sum + d * step[i], 0)
  const [shiftX, shiftY] = [along(0), along(1)]
  const rise2 = step.reduce((sum, d) => sum + d * d, 0) - shiftX ** 2 - shiftY ** 2
  const [dx, dy] = geometry.spacing
  for (let i = 0; i < surface.length; i++) {
    if (surface[i] === 0) continue
    slices[Math.floor(i / (nx * ny))].push((i % nx) * dx, (Math.floor(i / nx) % ny) * dy)
  }
  for (let z = 0, at = 0; z < nz; z++) {
    const order = slices.map((_, k) => k).sort((p, q) => Math.abs(p - z) - Math.abs(q - z))
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, at++) {
        if (within[at] === 0) continue
        let nearest = Infinity
        for (const k of order) {
          const height2 = (k - z) ** 2 * rise2
          if (height2 >= nearest) break
          const [px, py] = [x * dx + (z - k) * shiftX, y * dy + (z - k) * shiftY]
          const points = slices[k]
          for (let p = 0; p < points.length; p += 2) {
            const square = (points[p] - px) ** 2 + (points[p + 1] - py) ** 2 + height2
            if (square < nearest) nearest = square
          }
        }
        squares[at] = nearest
      }
    }
  }
  return squares
}
