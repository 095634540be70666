import type { Geometry, Vec3 } from '@contract'
import { voxelToWorld, worldToVoxel } from '../volume'
import { mixSeeds, randomStream, uniform } from '../compute/random'

/**
 * Where the head lies in a frame: turned about the isocentre by `rotation` (degrees about the patient's x, then y, then
 * z axis) and then shifted by `translation` (mm, LPS), from its place in the first frame.
 */
export interface Pose {
  translation: Vec3
  rotation: Vec3
}

/** Degrees of turning for each millimetre of shift. */
const DEGREES_PER_MM = 0.6

/**
 * A pose for every frame: a slow drift and one jerk in the middle third. The largest shift is `amplitude` mm, the
 * largest turn 0.6 degree a millimetre of it; the first frame is where the truth is.
 */
export function headMotion(frames: number, amplitude: number, seed: number): Pose[] {
  const random = randomStream(mixSeeds(seed, 0x30710))
  const jerk = Math.round(uniform(random, frames / 3, (2 * frames) / 3))
  const course = (weight: number): Float64Array => {
    const [drift, swing, step] = [uniform(random, -1, 1), uniform(random, -1, 1), uniform(random, -1, 1)]
    const phase = uniform(random, 0, Math.PI)
    return Float64Array.from({ length: frames }, (_, frame) => {
      const along = frame / Math.max(1, frames - 1)
      const wave = Math.sin(phase + 3 * Math.PI * along) - Math.sin(phase)
      return weight * (drift * along + 0.3 * swing * wave + (frame >= jerk ? step : 0))
    })
  }
  const shifts = [course(1), course(1), course(0.7)]
  const turns = [course(1), course(0.6), course(1)]
  const shiftScale = scaleTo(amplitude, shifts)
  const turnScale = scaleTo(amplitude * DEGREES_PER_MM, turns)
  return Array.from({ length: frames }, (_, frame) => ({
    translation: shifts.map((values) => values[frame] * shiftScale) as Vec3,
    rotation: turns.map((values) => values[frame] * turnScale) as Vec3,
  }))
}

/** The factor that makes the largest length over all frames `amplitude`. */
function scaleTo(amplitude: number, courses: Float64Array[]): number {
  let largest = 0
  for (let frame = 0; frame < courses[0].length; frame++) {
    largest = Math.max(largest, Math.hypot(...courses.map((values) => values[frame])))
  }
  return largest > 0 ? amplitude / largest : 0
}

/** Slices needed beyond either end so that a moved head has nothing missing. */
export function motionMargin(amplitude: number, thickness: number): number {
  if (amplitude === 0) return 0
  const turned = 100 * Math.sin((amplitude * DEGREES_PER_MM * Math.PI) / 180)
  return Math.ceil((amplitude + turned) / thickness)
}

/** The rotation matrix of a pose, rows, x first. */
function rotationMatrix([degreesX, degreesY, degreesZ]: Vec3): number[][] {
  const [a, b, c] = [degreesX, degreesY, degreesZ].map((degrees) => (degrees * Math.PI) / 180)
  const [ca, sa, cb, sb, cc, sc] = [a, b, c].flatMap((angle) => [Math.cos(angle), Math.sin(angle)])
  return [
    [cc * cb, cc * sb * sa - sc * ca, cc * sb * ca + sc * sa],
    [sc * cb, sc * sb * sa + cc * ca, sc * sb * ca - cc * sa],
    [-sb, cb * sa, cb * ca],
  ]
}

/** From the head's place in the first frame to its place in this one: 4 × 4 rows, LPS mm. */
export function poseMatrix(pose: Pose): number[][] {
  const r = rotationMatrix(pose.rotation)
  return [...r.map((row, axis) => [...row, pose.translation[axis]]), [0, 0, 0, 1]]
}

/** Where the content of a moved voxel comes from: index = start + i·stepX + j·stepY + k·stepZ in the still grid. */
export interface SourceIndex {
  start: Vec3
  steps: [Vec3, Vec3, Vec3]
}

/** Inverse of a pose on index coordinates: `grid` is moved, `still` holds the unmoved head. */
export function sourceIndex(pose: Pose, grid: Geometry, still: Geometry): SourceIndex {
  const r = rotationMatrix(pose.rotation)
  const source = (voxel: Vec3): Vec3 => {
    const moved = voxelToWorld(grid, voxel)
    const shifted = moved.map((value, axis) => value - pose.translation[axis])
    const back = (axis: 0 | 1 | 2): number =>
      r[0][axis] * shifted[0] + r[1][axis] * shifted[1] + r[2][axis] * shifted[2]
    return worldToVoxel(still, [back(0), back(1), back(2)])
  }
  const start = source([0, 0, 0])
  const step = (voxel: Vec3): Vec3 => {
    const end = source(voxel)
    return [end[0] - start[0], end[1] - start[1], end[2] - start[2]]
  }
  return { start, steps: [step([1, 0, 0]), step([0, 1, 0]), step([0, 0, 1])] }
}
