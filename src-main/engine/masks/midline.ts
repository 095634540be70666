import type { Geometry, Vec3 } from '@contract'
import { dot, indexSteps, stackSpacing, voxelToWorld, worldToVoxel } from '../volume'
import { boxMean } from './morphology'

/** The plane that parts the hemispheres. */
export interface Midline {
  /** A point of the plane, LPS mm. */
  point: Vec3
  /** Unit normal, towards the patient's left. */
  normal: Vec3
  /** Overlap of the brain with its mirror image, 0 to 1. */
  symmetry: number
  /** Whether a plane of symmetry was found that can part left from right. */
  trusted: boolean
}

/** Degrees: how far a head may be turned or tilted against the patient's axes. */
const MOST_TURN = 40
const MOST_TILT = 20
const TURN_STEP = 4
const TILT_STEP = 5
/** mm: how far from the middle of the brain the plane may lie, and how it is searched. */
const MOST_SHIFT = 20
const SHIFT_STEP = 2.5
/** A slab thinner than this, mm, says nothing about tilt. */
const FLAT = 24
/** Points compared while searching, and while refining. */
const FEW = 4000
const MANY = 24_000
/** What lies finer than this, mm, is no symmetry of heads. */
const BLUR = 3
/** Of a brain's width to its length (healthy ones lie about 0.8; one hemisphere alone at 0.4). */
const NARROWEST = 0.58
const LEAST_SYMMETRY = 0.75
/** Of symmetry a degree² costs: a round outline alone must not turn the plane. */
const TURNING_COST = 1.5e-5

/** Yaw about the patient's long axis and roll about the antero-posterior one, degrees, and shift along the normal, mm. */
type Pose = readonly [turn: number, tilt: number, shift: number]

interface Samples {
  /** Voxel indices, x, y, z one after the other. */
  indices: Int32Array
  /** The blurred mask there. */
  values: Float32Array
}

/**
 * Finds the plane of symmetry of a brain mask [voxel]: the plane that mirrors it best onto itself, fluid spaces included,
 * by 2·Σmin(f, f′) / Σ(f + f′) over the slightly blurred mask f and its mirror image f′. It uses where tissue is, not how
 * it is perfused, so a lesion does not move it; the head may be turned, tilted and out of the centre. Not trusted where
 * the mask has no symmetry, or is as narrow as one hemisphere.
 */
export function findMidline(geometry: Geometry, mask: Uint8Array): Midline {
  const radius = Math.max(1, Math.round(BLUR / Math.min(geometry.spacing[0], geometry.spacing[1])))
  const field = boxMean(Float32Array.from(mask), geometry.size, radius)
  const few = sample(geometry, mask, field, FEW)
  if (few.values.length < 50) {
    const middle = geometry.size.map((extent) => (extent - 1) / 2)
    const point = voxelToWorld(geometry, [middle[0], middle[1], middle[2]])
    return { point, normal: [1, 0, 0], symmetry: 0, trusted: false }
  }
  const centre = centroid(geometry, few)
  const tilts = extent(geometry, few, [0, 0, 1]) >= FLAT ? MOST_TILT : 0
  const score = (samples: Samples, pose: Pose): number =>
    symmetryOf(geometry, field, samples, ...planeOf(centre, pose)) -
    TURNING_COST * (pose[0] ** 2 + pose[1] ** 2)
  let best: Pose = [0, 0, 0]
  let highest = -Infinity
  const search = (turns: number[], sideways: number[], shifts: number[]): void => {
    for (const turn of turns) {
      for (const tilt of sideways) {
        for (const shift of shifts) {
          const found = score(few, [turn, tilt, shift])
          if (found > highest) [highest, best] = [found, [turn, tilt, shift]]
        }
      }
    }
  }
  // Turn and shift show in every slice and are found first; tilt needs several.
  search(about(0, MOST_TURN, TURN_STEP), [0], about(0, MOST_SHIFT, SHIFT_STEP))
  search(
    about(best[0], 2 * TURN_STEP, TURN_STEP),
    about(0, tilts, TILT_STEP),
    about(best[2], 3 * SHIFT_STEP, SHIFT_STEP),
  )
  const many = sample(geometry, mask, field, MANY)
  best = refine(best, [TURN_STEP / 2, tilts > 0 ? TILT_STEP / 2 : 0, SHIFT_STEP / 2], (pose) =>
    score(many, pose),
  )
  const [point, normal] = planeOf(centre, best)
  const symmetry = symmetryOf(geometry, field, many, point, normal)
  const width = extent(geometry, few, normal)
  const length = extent(geometry, few, [-normal[1], normal[0], 0])
  return { point, normal, symmetry, trusted: symmetry >= LEAST_SYMMETRY && width >= NARROWEST * length }
}

/** Values of `sidesOf`. */
export const LEFT = 1
export const RIGHT = 2

/** On which side of the patient each voxel lies: 1 left, 2 right of the plane, [voxel]. */
export function sidesOf(
  geometry: Geometry,
  { point, normal }: Pick<Midline, 'point' | 'normal'>,
): Uint8Array {
  const [nx, ny, nz] = geometry.size
  const [x, y, z] = indexSteps(geometry).map((step) => dot(step, normal))
  const start = dot(geometry.origin, normal) - dot(point, normal)
  const sides = new Uint8Array(nx * ny * nz)
  for (let k = 0, at = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      const row = start + j * y + k * z
      for (let i = 0; i < nx; i++, at++) sides[at] = row + i * x > 0 ? LEFT : RIGHT
    }
  }
  return sides
}

/**
 * For each voxel the nearest voxel to its mirror image in the plane, [voxel]; −1 where that lies outside the grid. In a head that
 * is tilted it may lie above the last slice or below the first: up to `beyond` mm those stand for it.
 */
export function mirroredVoxels(
  geometry: Geometry,
  midline: Pick<Midline, 'point' | 'normal'>,
  beyond = 0,
): Int32Array {
  const [nx, ny, nz] = geometry.size
  const { start, steps } = reflection(geometry, midline.point, midline.normal)
  const mirrored = new Int32Array(nx * ny * nz).fill(-1)
  const outside = Math.max(0.5, beyond / stackSpacing(geometry))
  for (let k = 0, at = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) {
        const x = Math.round(start[0] + i * steps[0][0] + j * steps[1][0] + k * steps[2][0])
        const y = Math.round(start[1] + i * steps[0][1] + j * steps[1][1] + k * steps[2][1])
        const exact = start[2] + i * steps[0][2] + j * steps[1][2] + k * steps[2][2]
        const reached = exact >= -outside && exact < nz - 1 + outside
        const z = reached ? Math.min(Math.max(Math.round(exact), 0), nz - 1) : -1
        if (x >= 0 && x < nx && y >= 0 && y < ny && z >= 0 && z < nz) mirrored[at] = (z * ny + y) * nx + x
      }
    }
  }
  return mirrored
}

/** Where a voxel index lands in the mirror: start + i·steps[0] + j·steps[1] + k·steps[2]. */
function reflection(
  geometry: Geometry,
  point: Vec3,
  normal: Vec3,
): { start: Vec3; steps: [Vec3, Vec3, Vec3] } {
  const mirror = (voxel: Vec3): Vec3 => {
    const world = voxelToWorld(geometry, voxel)
    const distance = 2 * (dot(world, normal) - dot(point, normal))
    return worldToVoxel(geometry, [
      world[0] - distance * normal[0],
      world[1] - distance * normal[1],
      world[2] - distance * normal[2],
    ])
  }
  const start = mirror([0, 0, 0])
  const step = (voxel: Vec3): Vec3 => {
    const end = mirror(voxel)
    return [end[0] - start[0], end[1] - start[1], end[2] - start[2]]
  }
  return { start, steps: [step([1, 0, 0]), step([0, 1, 0]), step([0, 0, 1])] }
}

/** The plane of a pose: turned about z, tilted about y, through the centre moved along the normal. */
function planeOf(centre: Vec3, [turn, tilt, shift]: Pose): [point: Vec3, normal: Vec3] {
  const [a, b] = [(turn * Math.PI) / 180, (tilt * Math.PI) / 180]
  const normal: Vec3 = [Math.cos(a) * Math.cos(b), Math.sin(a) * Math.cos(b), Math.sin(b)]
  return [
    [centre[0] + shift * normal[0], centre[1] + shift * normal[1], centre[2] + shift * normal[2]],
    normal,
  ]
}

/** Evenly spread voxels of a mask, about `count`, with the blurred mask there. */
function sample(geometry: Geometry, mask: Uint8Array, field: Float32Array, count: number): Samples {
  const [nx, ny, nz] = geometry.size
  const inside = mask.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0)
  const stride = Math.max(1, Math.round(Math.sqrt(inside / count)))
  const indices: number[] = []
  const values: number[] = []
  for (let k = 0; k < nz; k++) {
    for (let j = k % stride; j < ny; j += stride) {
      for (let i = 0; i < nx; i += stride) {
        const at = (k * ny + j) * nx + i
        if (mask[at] === 0) continue
        indices.push(i, j, k)
        values.push(field[at])
      }
    }
  }
  return { indices: Int32Array.from(indices), values: Float32Array.from(values) }
}

/** How well the samples find themselves in the mirror; what falls beyond the first or last slice is not asked. */
function symmetryOf(
  geometry: Geometry,
  field: Float32Array,
  { indices, values }: Samples,
  point: Vec3,
  normal: Vec3,
): number {
  const [nx, ny, nz] = geometry.size
  const { start, steps } = reflection(geometry, point, normal)
  let common = 0
  let total = 0
  for (let n = 0, at = 0; n < values.length; n++, at += 3) {
    const [i, j, k] = [indices[at], indices[at + 1], indices[at + 2]]
    const z = start[2] + i * steps[0][2] + j * steps[1][2] + k * steps[2][2]
    if (z < -0.5 || z > nz - 0.5) continue
    const x = Math.round(start[0] + i * steps[0][0] + j * steps[1][0] + k * steps[2][0])
    const y = Math.round(start[1] + i * steps[0][1] + j * steps[1][1] + k * steps[2][1])
    let mirrored = 0
    if (x >= 0 && x < nx && y >= 0 && y < ny) {
      const lower = Math.min(nz - 1, Math.max(0, Math.floor(z)))
      const upper = Math.min(nz - 1, lower + 1)
      const share = Math.min(1, Math.max(0, z - lower))
      const inPlane = y * nx + x
      mirrored = (1 - share) * field[lower * nx * ny + inPlane] + share * field[upper * nx * ny + inPlane]
    }
    common += Math.min(values[n], mirrored)
    total += values[n] + mirrored
  }
  return total > 0 ? (2 * common) / total : 0
}

/** Steps along each parameter while that helps, with ever smaller steps. */
function refine(from: Pose, steps: readonly number[], score: (pose: Pose) => number): Pose {
  let best = from
  let highest = score(best)
  for (let scale = 1; scale >= 1 / 16; scale /= 2) {
    for (let moved = true, rounds = 0; moved && rounds < 8; rounds++) {
      moved = false
      for (const axis of [0, 1, 2].filter((parameter) => steps[parameter] > 0)) {
        for (const sign of [-1, 1]) {
          const tried = best.map((value, i) => (i === axis ? value + sign * scale * steps[axis] : value))
          const [turn, tilt, shift] = tried
          const found = score([turn, tilt, shift])
          if (found > highest) [highest, best, moved] = [found, [turn, tilt, shift], true]
        }
      }
    }
  }
  return best
}

/** From `centre − reach` to `centre + reach`. */
function about(centre: number, reach: number, step: number): number[] {
  const count = Math.round(reach / step)
  return Array.from({ length: 2 * count + 1 }, (_, i) => centre + (i - count) * step)
}

function centroid(geometry: Geometry, { indices }: Samples): Vec3 {
  const sum: Vec3 = [0, 0, 0]
  for (let i = 0; i < indices.length; i++) sum[i % 3] += (3 * indices[i]) / indices.length
  return voxelToWorld(geometry, sum)
}

/** Between the 2nd and 98th percentile of the samples along a direction, mm. */
function extent(geometry: Geometry, { indices, values }: Samples, direction: Vec3): number {
  const [x, y, z] = indexSteps(geometry).map((step) => dot(step, direction))
  const along = values
    .map((_, n) => indices[3 * n] * x + indices[3 * n + 1] * y + indices[3 * n + 2] * z)
    .sort()
  return along[Math.floor(0.98 * (along.length - 1))] - along[Math.floor(0.02 * (along.length - 1))]
}
