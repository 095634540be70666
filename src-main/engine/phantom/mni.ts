import type { Geometry, Vec3 } from '@contract'
import { indexSteps, voxelToWorld } from '../volume'

/** The axis of the head passes the isocentre this far behind the anterior commissure, mm. */
const AXIS_BEHIND_COMMISSURE = 18

/** MNI space (RAS, mm) to the patient (LPS, mm). */
export function patientOfMni([x, y, z]: Vec3): Vec3 {
  return [-x, -(y + AXIS_BEHIND_COMMISSURE), z]
}

/** Visits the voxels of some slices, x fastest, with their index and their position in MNI space (RAS, mm). */
export function visitMni(
  geometry: Geometry,
  fromSlice: number,
  toSlice: number,
  visit: (at: number, x: number, y: number, z: number) => void,
): void {
  const [nx, ny] = geometry.size
  const [right, down] = indexSteps(geometry)
  for (let slice = fromSlice; slice < toSlice; slice++) {
    const [l, p, s] = voxelToWorld(geometry, [0, 0, slice])
    for (let j = 0; j < ny; j++) {
      const [rowL, rowP, rowS] = [l + j * down[0], p + j * down[1], s + j * down[2]]
      for (let i = 0; i < nx; i++) {
        const x = -(rowL + i * right[0])
        const y = -(rowP + i * right[1]) - AXIS_BEHIND_COMMISSURE
        visit((slice * ny + j) * nx + i, x, y, rowS + i * right[2])
      }
    }
  }
}
