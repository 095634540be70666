import type { Geometry, Vec3 } from '@contract'

/** Rows of a 4 × 4 matrix. */
export type Affine = [
  [number, number, number, number],
  [number, number, number, number],
  [number, number, number, number],
  [number, number, number, number],
]

/** The index steps of a grid as world vectors (LPS, mm): one voxel along x, along y, along z. */
export function indexSteps(geometry: Geometry): [Vec3, Vec3, Vec3] {
  const { spacing, direction } = geometry
  const step = (axis: 0 | 1 | 2): Vec3 => [
    direction[axis][0] * spacing[axis],
    direction[axis][1] * spacing[axis],
    direction[axis][2] * spacing[axis],
  ]
  return [step(0), step(1), step(2)]
}

/** Volume of a voxel, mm³; smaller than the product of its spacings where the grid is sheared. */
export function voxelVolume(geometry: Geometry): number {
  const [x, y, z] = indexSteps(geometry)
  return Math.abs(dot(x, cross(y, z)))
}

/** World position (DICOM patient LPS, mm) of a voxel index; integers are voxel centres. */
export function voxelToWorld(geometry: Geometry, [i, j, k]: Vec3): Vec3 {
  const [x, y, z] = indexSteps(geometry)
  const at = (row: 0 | 1 | 2): number => geometry.origin[row] + i * x[row] + j * y[row] + k * z[row]
  return [at(0), at(1), at(2)]
}

/**
 * Voxel index (fractional, not clipped to the grid) of a world position (LPS, mm). The axes need not be orthogonal, so
 * a tilted gantry is handled exactly; a degenerate grid gives NaN.
 */
export function worldToVoxel(geometry: Geometry, world: Vec3): Vec3 {
  const [x, y, z] = indexSteps(geometry)
  const offset: Vec3 = [
    world[0] - geometry.origin[0],
    world[1] - geometry.origin[1],
    world[2] - geometry.origin[2],
  ]
  const volume = dot(x, cross(y, z))
  return [
    dot(offset, cross(y, z)) / volume,
    dot(offset, cross(z, x)) / volume,
    dot(offset, cross(x, y)) / volume,
  ]
}

/** The affine from voxel index to RAS millimetres (NIfTI): LPS with the first two world axes negated. */
export function affineRas(geometry: Geometry): Affine {
  const [x, y, z] = indexSteps(geometry)
  const row = (axis: 0 | 1 | 2, sign: 1 | -1): [number, number, number, number] => [
    sign * x[axis],
    sign * y[axis],
    sign * z[axis],
    sign * geometry.origin[axis],
  ]
  return [row(0, -1), row(1, -1), row(2, 1), [0, 0, 0, 1]]
}

/** The grid of a RAS affine and its size; null where the affine maps the grid onto a plane, a line or nothing. */
export function geometryOfAffine(affine: readonly (readonly number[])[], size: Vec3): Geometry | null {
  const column = (c: number): Vec3 => [-affine[0][c], -affine[1][c], affine[2][c]]
  const steps = [column(0), column(1), column(2)] as const
  const spacing: Vec3 = [length(steps[0]), length(steps[1]), length(steps[2])]
  const unit = (axis: 0 | 1 | 2): Vec3 => [
    steps[axis][0] / spacing[axis],
    steps[axis][1] / spacing[axis],
    steps[axis][2] / spacing[axis],
  ]
  const direction: [Vec3, Vec3, Vec3] = [unit(0), unit(1), unit(2)]
  const unitVolume = Math.abs(dot(direction[0], cross(direction[1], direction[2])))
  if (!(unitVolume > 1e-6) || !column(3).every(Number.isFinite)) return null
  return { size, spacing, origin: column(3), direction, frameOfReference: '' }
}

/** The unit normal of the slice plane: x axis × y axis. */
export function sliceNormal(geometry: Geometry): Vec3 {
  const normal = cross(geometry.direction[0], geometry.direction[1])
  const size = length(normal)
  return [normal[0] / size, normal[1] / size, normal[2] / size]
}

/** Distance between slice planes along their normal, mm; shorter than spacing z where the grid is sheared. */
export function stackSpacing(geometry: Geometry): number {
  return geometry.spacing[2] * Math.abs(dot(sliceNormal(geometry), geometry.direction[2]))
}

/** True where the slice step leaves the slice normal by more than 0.0001 of its length (gantry tilt). */
export function isSheared(geometry: Geometry): boolean {
  return Math.abs(dot(sliceNormal(geometry), geometry.direction[2])) < 1 - 5e-9
}

/** The largest distance, mm, between corners of two grids of one size: 0 where they lie on each other. */
export function gridDistance(one: Geometry, other: Geometry): number {
  const [x, y, z] = [other.size[0] - 1, other.size[1] - 1, other.size[2] - 1]
  const corners: Vec3[] = [
    [0, 0, 0],
    [x, 0, 0],
    [0, y, 0],
    [0, 0, z],
    [x, y, z],
  ]
  const distances = corners.map((corner) => {
    const [a, b] = [voxelToWorld(one, corner), voxelToWorld(other, corner)]
    return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])
  })
  return Math.max(...distances)
}

/** True where two grids have the same size and no corner of them lies more than a tenth of a voxel apart. */
export function sameGrid(one: Geometry, other: Geometry): boolean {
  const sameSize = one.size.every((extent, axis) => extent === other.size[axis])
  return sameSize && gridDistance(one, other) <= Math.min(...other.spacing) / 10
}

export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

function length(a: Vec3): number {
  return Math.hypot(a[0], a[1], a[2])
}
