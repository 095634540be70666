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
