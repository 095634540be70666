import type { Geometry, Vec3 } from '@contract'
import { planeNormal, voxelToWorld } from './geometry'

export const orientations = ['axial', 'coronal', 'sagittal'] as const
export type Orientation = (typeof orientations)[number]

/** Where right and down point on the screen, and where the slices go, in the patient (LPS). */
const conventions: Record<Orientation, [Vec3, Vec3, Vec3]> = {
  axial: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  coronal: [
    [1, 0, 0],
    [0, 0, -1],
    [0, 1, 0],
  ],
  sagittal: [
    [0, 1, 0],
    [0, 0, -1],
    [1, 0, 0],
  ],
}

const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const negative = (a: Vec3): Vec3 => [-a[0], -a[1], -a[2]]

/** Which grid axis runs most nearly along each patient axis (left, posterior, head), each used once. */
function axesOfPatient(geometry: Geometry): [number, number, number] {
  const permutations: [number, number, number][] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]
  const fit = (axes: [number, number, number]): number =>
    axes.reduce((sum, axis, patient) => sum + Math.abs(geometry.direction[axis][patient]), 0)
  return permutations.reduce((best, candidate) => (fit(candidate) > fit(best) ? candidate : best))
}

/**
 * The grid seen as a stack of axial, coronal or sagittal planes: the same voxels with their axes exchanged and turned
 * so that rows run to the patient's left (or back), columns down to the back (or the feet). The planes are those of the
 * grid, so nothing is interpolated; on an oblique grid they are oblique too. The grid must not be sheared.
 */
export function planesOf(geometry: Geometry, orientation: Orientation): Geometry {
  const patientAxes = axesOfPatient(geometry)
  const corner: Vec3 = [0, 0, 0]
  const picked = conventions[orientation].map((wanted) => {
    const axis = patientAxes[wanted.findIndex((component) => component !== 0)]
    const along = dot(geometry.direction[axis], wanted) >= 0
    if (!along) corner[axis] = geometry.size[axis] - 1
    return { axis, direction: along ? geometry.direction[axis] : negative(geometry.direction[axis]) }
  })
  return {
    size: picked.map(({ axis }) => geometry.size[axis]) as Vec3,
    spacing: picked.map(({ axis }) => geometry.spacing[axis]) as Vec3,
    origin: voxelToWorld(geometry, corner),
    direction: picked.map(({ direction }) => direction) as [Vec3, Vec3, Vec3],
    frameOfReference: geometry.frameOfReference,
  }
}

/** Gantry tilt: how far a slice is shifted against the one before, mm along x and y; zero on an upright grid. */
export function shearPerSlice(geometry: Geometry): [number, number] {
  const [x, y, z] = geometry.direction
  return [dot(x, z) * geometry.spacing[2], dot(y, z) * geometry.spacing[2]]
}

/** Degrees between the slice direction and the normal of the slices. */
export function tiltOf(geometry: Geometry): number {
  const cosine = Math.min(1, Math.abs(dot(planeNormal(geometry), geometry.direction[2])))
  return (Math.acos(cosine) * 180) / Math.PI
}

/** The upright grid a sheared one is resampled to: the same planes, stacked along their normal about the middle one. */
export function uprightGeometry(geometry: Geometry): Geometry {
  const normal = planeNormal(geometry)
  const along = dot(normal, geometry.direction[2])
  const middle = (geometry.size[2] - 1) / 2
  const centre = voxelToWorld(geometry, [0, 0, middle])
  const step = geometry.spacing[2] * Math.abs(along)
  const direction = along >= 0 ? normal : negative(normal)
  return {
    ...geometry,
    spacing: [geometry.spacing[0], geometry.spacing[1], step],
    origin: centre.map((coordinate, axis) => coordinate - direction[axis] * step * middle) as Vec3,
    direction: [geometry.direction[0], geometry.direction[1], direction],
  }
}

/**
 * The voxels of a sheared grid on its upright one: each slice is moved within its plane, linear between pixels, and
 * filled with the lowest value where it does not reach. [z][y][x], as given.
 */
export function uprightVoxels(geometry: Geometry, voxels: ArrayLike<number>): Float32Array {
  const [nx, ny, nz] = geometry.size
  const [shearX, shearY] = shearPerSlice(geometry)
  const upright = new Float32Array(nx * ny * nz)
  let lowest = Infinity
  for (let i = 0; i < voxels.length; i++) if (voxels[i] < lowest) lowest = voxels[i]
  const at = (x: number, y: number, offset: number): number =>
    x < 0 || y < 0 || x >= nx || y >= ny ? lowest : voxels[offset + y * nx + x]
  for (let z = 0; z < nz; z++) {
    const fromMiddle = z - (nz - 1) / 2
    const shiftX = (fromMiddle * shearX) / geometry.spacing[0]
    const shiftY = (fromMiddle * shearY) / geometry.spacing[1]
    const offset = z * nx * ny
    const [wholeX, wholeY] = [Math.floor(-shiftX), Math.floor(-shiftY)]
    const [shareX, shareY] = [-shiftX - wholeX, -shiftY - wholeY]
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        const [x0, y0] = [x + wholeX, y + wholeY]
        const upper = at(x0, y0, offset) * (1 - shareX) + at(x0 + 1, y0, offset) * shareX
        const lower = at(x0, y0 + 1, offset) * (1 - shareX) + at(x0 + 1, y0 + 1, offset) * shareX
        upright[offset + y * nx + x] = upper * (1 - shareY) + lower * shareY
      }
    }
  }
  return upright
}
