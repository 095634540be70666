import type { Geometry, Vec3 } from '@contract'
import { planeNormal, voxelToWorld } from './geometry'
import type { PlaneCamera } from './painter'

/** Millimetres; of no effect on the parallel projection, only on what is clipped. */
const DISTANCE = 500

/** A camera in Cornerstone's terms. */
export interface CornerstoneCamera {
  focalPoint: Vec3
  position: Vec3
  viewPlaneNormal: Vec3
  viewUp: Vec3
  parallelScale: number
  clippingRange: [number, number]
}

/** The camera that shows a slice with its rows to the right and its columns down, at the given scale. */
export function cameraOf(
  geometry: Geometry,
  slice: number,
  camera: PlaneCamera,
  canvasHeight: number,
): CornerstoneCamera {
  const focalPoint = voxelToWorld(geometry, [camera.centre[0], camera.centre[1], slice])
  const normal = planeNormal(geometry)
  const down = geometry.direction[1]
  return {
    focalPoint,
    position: focalPoint.map((coordinate, axis) => coordinate - normal[axis] * DISTANCE) as Vec3,
    viewPlaneNormal: [-normal[0], -normal[1], -normal[2]],
    viewUp: [-down[0], -down[1], -down[2]],
    parallelScale: (canvasHeight / 2) * camera.millimetresPerPixel,
    // Cornerstone renews it only when the focal point leaves its plane, not when the distance changes.
    clippingRange: [1, 2 * DISTANCE],
  }
}
