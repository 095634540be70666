import { UmbraError, type Geometry, type MidPlane, type Vec3 } from '@contract'
import { dot } from '../volume'
import { findMidline } from './midline'

/**
 * The mid-sagittal plane of a brain mask [voxel] as a plane of its grid, which has no place in the patient: x to the right
 * of the slice, y down it. Null where nothing is marked. Throws `invalid-request` for a mask of another size.
 */
export function gridMidPlane(
  { size, spacing }: { size: Vec3; spacing: Vec3 },
  mask: Uint8Array,
): (MidPlane & { trusted: boolean }) | null {
  const [nx, ny, nz] = size
  if (mask.length !== nx * ny * nz) {
    throw new UmbraError({
      code: 'invalid-request',
      message: `The mask has ${mask.length} voxels, its grid ${size.join(' × ')}.`,
    })
  }
  if (!mask.includes(1)) return null
  const geometry: Geometry = {
    size,
    spacing,
    origin: [0, 0, 0],
    direction: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    frameOfReference: '',
  }
  const { point, normal, trusted } = findMidline(geometry, mask)
  const [x, y, z] = normal
  const [down, up] = [((ny - 1) / 2) * spacing[1], ((nz - 1) / 2) * spacing[2]]
  const column = (dot(point, normal) - down * y - up * z) / (x * spacing[0])
  return { column, tilt: Math.atan2(y, x), lean: Math.asin(z), trusted }
}
