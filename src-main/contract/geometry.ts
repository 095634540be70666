import { z } from 'zod'

export const vec3Schema = z.tuple([z.number(), z.number(), z.number()])
export type Vec3 = [number, number, number]

/**
 * A voxel grid in DICOM patient space (LPS, mm). `origin` is the centre of voxel (0,0,0); `direction` holds the unit
 * vectors of the x (along a row), y (along a column) and z (from slice to slice) index axes, one after the other.
 * The z axis may be sheared against x × y (gantry tilt): it is the real step between slice origins.
 */
export const geometrySchema = z.object({
  size: vec3Schema,
  spacing: vec3Schema,
  origin: vec3Schema,
  direction: z.tuple([vec3Schema, vec3Schema, vec3Schema]),
  frameOfReference: z.string(),
})
export type Geometry = z.infer<typeof geometrySchema>

/**
 * The plane between the two halves of a brain, in the grid of axial slices: it runs through `column` (voxels) on the middle
 * row of the middle slice, turned by `tilt` (radians, clockwise on the screen) from upright and leaning by `lean` (radians)
 * from slice to slice, so that its unit normal in mm is (cos tilt · cos lean, sin tilt · cos lean, sin lean).
 */
export const midPlaneSchema = z.object({ column: z.number(), tilt: z.number(), lean: z.number() })
export type MidPlane = z.infer<typeof midPlaneSchema>
