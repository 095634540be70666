import type { MapValues, MidPlane, Vec3 } from '@contract'

/** The values of a grid as they lie on the other side, nearest by nearest; `outside` where that is beyond the grid. */
export function mirroredValues(
  values: ArrayLike<number>,
  size: Vec3,
  spacing: Vec3,
  plane: MidPlane,
  outside: number,
): Float32Array<ArrayBuffer> {
  const other = new Float32Array(values.length).fill(outside)
  for (let z = 0; z < size[2]; z++) mirrorSlice(values, size, spacing, plane, z, other)
  return other
}

/** The mask of the grid as it lies on the other side, nearest voxel by nearest voxel. */
export function mirroredMask(mask: Uint8Array, size: Vec3, spacing: Vec3, plane: MidPlane): Uint8Array {
  const other = new Uint8Array(mask.length)
  for (let z = 0; z < size[2]; z++) mirrorSlice(mask, size, spacing, plane, z, other)
  return other
}

/**
 * One slice of what lies on the other side, written to its place in `other`: where the head leans, it comes from several
 * slices. What would come from beyond the grid is left as it is.
 */
export function mirrorSlice(
  values: ArrayLike<number>,
  size: Vec3,
  spacing: Vec3,
  plane: MidPlane,
  slice: number,
  other: Float32Array | Uint8Array,
): void {
  const [nx, ny, nz] = size
  const [across, down, up] = reflectionAbout(plane, size, spacing)
  for (let y = 0; y < ny; y++) {
    const [i0, j0, k0] = [across, down, up].map((to) => to[1] * y + to[2] * slice + to[3])
    for (let x = 0, at = (slice * ny + y) * nx; x < nx; x++, at++) {
      const i = Math.round(across[0] * x + i0)
      const j = Math.round(down[0] * x + j0)
      const k = Math.round(up[0] * x + k0)
      if (i < 0 || j < 0 || k < 0 || i >= nx || j >= ny || k >= nz) continue
      other[at] = values[(k * ny + j) * nx + i]
    }
  }
}

/** One coordinate of what a voxel is mirrored to: a·x + b·y + c·z + d. */
type Row = readonly [a: number, b: number, c: number, d: number]

/** Unit normal of the plane, mm, and how far it lies from the first voxel along it. */
function normalOf(
  { column, tilt, lean }: MidPlane,
  size: Vec3,
  spacing: Vec3,
): { normal: Vec3; away: number } {
  const normal: Vec3 = [Math.cos(tilt) * Math.cos(lean), Math.sin(tilt) * Math.cos(lean), Math.sin(lean)]
  const middle = [column, (size[1] - 1) / 2, (size[2] - 1) / 2]
  return { normal, away: normal.reduce((sum, n, axis) => sum + n * middle[axis] * spacing[axis], 0) }
}

/** The reflection p − 2 (n·p − away) n in voxels, a row a coordinate. */
function reflectionAbout(plane: MidPlane, size: Vec3, spacing: Vec3): [Row, Row, Row] {
  const { normal, away } = normalOf(plane, size, spacing)
  const row = (axis: 0 | 1 | 2): Row => {
    const toward = (from: 0 | 1 | 2): number =>
      (from === axis ? 1 : 0) - (2 * normal[axis] * normal[from] * spacing[from]) / spacing[axis]
    return [toward(0), toward(1), toward(2), (2 * normal[axis] * away) / spacing[axis]]
  }
  return [row(0), row(1), row(2)]
}

/** Where a point, in voxels, lies on the other side. */
export function mirroredPoint(plane: MidPlane, size: Vec3, spacing: Vec3, [x, y, z]: Vec3): Vec3 {
  const [across, down, up] = reflectionAbout(plane, size, spacing)
  const to = ([a, b, c, d]: Row): number => a * x + b * y + c * z + d
  return [to(across), to(down), to(up)]
}

/** The column, in voxels, at which a row of a slice meets the plane. */
export function middleColumn(plane: MidPlane, size: Vec3, spacing: Vec3, row: number, slice: number): number {
  const { normal, away } = normalOf(plane, size, spacing)
  return (away - normal[1] * row * spacing[1] - normal[2] * slice * spacing[2]) / (normal[0] * spacing[0])
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
