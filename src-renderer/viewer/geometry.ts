import type { Geometry, Vec3 } from '@contract'

const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
]

/** World position (LPS, mm) of a voxel index, which may be fractional. */
export function voxelToWorld(geometry: Geometry, [i, j, k]: Vec3): Vec3 {
  const { origin, spacing, direction } = geometry
  const world: Vec3 = [0, 0, 0]
  for (let axis = 0; axis < 3; axis++) {
    world[axis] =
      origin[axis] +
      direction[0][axis] * i * spacing[0] +
      direction[1][axis] * j * spacing[1] +
      direction[2][axis] * k * spacing[2]
  }
  return world
}

/** Fractional voxel index of a world position (LPS, mm); exact for sheared grids (gantry tilt) too. */
export function worldToVoxel(geometry: Geometry, world: Vec3): Vec3 {
  const { origin, spacing, direction } = geometry
  const [x, y, z] = direction
  const offset: Vec3 = [world[0] - origin[0], world[1] - origin[1], world[2] - origin[2]]
  const determinant = dot(x, cross(y, z))
  return [
    dot(offset, cross(y, z)) / determinant / spacing[0],
    dot(offset, cross(z, x)) / determinant / spacing[1],
    dot(offset, cross(x, y)) / determinant / spacing[2],
  ]
}

/** The voxel whose cell holds the point, or null outside the grid. */
export function voxelAt(geometry: Geometry, world: Vec3): Vec3 | null {
  // Adding 0 turns the −0 that rounding can give into 0.
  const voxel = worldToVoxel(geometry, world).map((index) => Math.round(index) + 0) as Vec3
  return insideGrid(geometry.size, voxel) ? voxel : null
}

export function insideGrid(size: Vec3, voxel: Vec3): boolean {
  return voxel.every((index, axis) => index >= 0 && index < size[axis])
}

/** Position of a voxel in an array with x fastest, then y, then z. */
export function voxelOffset(size: Vec3, [i, j, k]: Vec3): number {
  return (k * size[1] + j) * size[0] + i
}

/** Unit normal of the image plane, x × y; differs from the z axis where the gantry was tilted. */
export function planeNormal(geometry: Geometry): Vec3 {
  return cross(geometry.direction[0], geometry.direction[1])
}

/** World position of the first stored pixel of a slice: ImagePositionPatient. */
export function slicePosition(geometry: Geometry, slice: number): Vec3 {
  return voxelToWorld(geometry, [0, 0, slice])
}

/** Where a slice lies along the patient axis nearest to its normal: "H 35.0 mm", of its centre. */
export function slicePlace(geometry: Geometry, slice: number): string {
  const [nx, ny] = geometry.size
  const centre = voxelToWorld(geometry, [(nx - 1) / 2, (ny - 1) / 2, slice])
  const sizes = planeNormal(geometry).map(Math.abs)
  const axis = sizes.indexOf(Math.max(...sizes))
  return `${axisPlace(axis, centre[axis])} mm`
}

/** A coordinate on a patient axis (0 left, 1 posterior, 2 head) in words: "R 12.5". */
export function axisPlace(axis: number, millimetres: number): string {
  const letters = ['LR', 'PA', 'HF'][axis]
  return `${letters[millimetres >= 0 ? 0 : 1]} ${Math.abs(millimetres).toFixed(1)}`
}

/** The slice of `geometry` whose centre plane lies nearest to a world point, kept inside the grid. */
export function sliceAt(geometry: Geometry, world: Vec3): number {
  const slice = Math.round(worldToVoxel(geometry, world)[2])
  return Math.max(0, Math.min(geometry.size[2] - 1, slice))
}

export function centreOf(geometry: Geometry): Vec3 {
  return voxelToWorld(geometry, geometry.size.map((count) => (count - 1) / 2) as Vec3)
}

/** Where a direction points in the patient: up to two letters, the stronger first (R L A P, H head, F feet). */
export function directionLetters(direction: Vec3): string {
  const letters: [string, string][] = [
    ['L', 'R'],
    ['P', 'A'],
    ['H', 'F'],
  ]
  return direction
    .map((component, axis) => ({ size: Math.abs(component), letter: letters[axis][component > 0 ? 0 : 1] }))
    .filter(({ size }) => size > 0.3)
    .sort((a, b) => b.size - a.size)
    .slice(0, 2)
    .map(({ letter }) => letter)
    .join('')
}

export interface EdgeLetters {
  left: string
  right: string
  top: string
  bottom: string
}

/** The letters at the four edges of a plane whose screen axes point along `right` and `down`. */
export function edgeLetters(right: Vec3, down: Vec3): EdgeLetters {
  const opposite = (direction: Vec3): Vec3 => [-direction[0], -direction[1], -direction[2]]
  return {
    left: directionLetters(opposite(right)),
    right: directionLetters(right),
    top: directionLetters(opposite(down)),
    bottom: directionLetters(down),
  }
}

/** Two arrays lie on the same voxel grid (within a micrometre), so a voxel index means the same place in both. */
export function sameGrid(a: Geometry, b: Geometry): boolean {
  const flat = (g: Geometry): number[] => [...g.size, ...g.spacing, ...g.origin, ...g.direction.flat()]
  const other = flat(b)
  return flat(a).every((value, index) => Math.abs(value - other[index]) < 1e-3)
}
