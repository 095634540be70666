import type { Geometry, Vec3 } from '@contract'
import { indexSteps, voxelToWorld } from '../volume'
import type { Placement } from './individual'

/** The axis of the head passes the isocentre this far behind the anterior commissure, mm. */
const AXIS_BEHIND_COMMISSURE = 18

/** MNI space (RAS, mm) to the patient (LPS, mm). */
export function patientOfMni([x, y, z]: Vec3): Vec3 {
  return [-x, -(y + AXIS_BEHIND_COMMISSURE), z]
}

/**
 * Visits the voxels of some slices, x fastest, with their index and their position in MNI space (RAS, mm): that of the
 * standard head, or of a head with a placement of its own.
 */
export function visitMni(
  geometry: Geometry,
  fromSlice: number,
  toSlice: number,
  visit: (at: number, x: number, y: number, z: number) => void,
  placement?: Placement | null,
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
        const z = rowS + i * right[2]
        const at = (slice * ny + j) * nx + i
        if (placement) visit(at, ...placement.toHead(x, y, z))
        else visit(at, x, y, z)
      }
    }
  }
}
