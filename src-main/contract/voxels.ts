import { z } from 'zod'
import { geometrySchema } from './geometry'

/**
 * An array of voxels the engine holds and the renderer may read frame by frame over the bulk channel: little-endian,
 * x fastest, then y, z, and frame (time) slowest. value = stored × slope + intercept, in `unit`.
 */
export const voxelArraySchema = z.object({
  id: z.string(),
  type: z.enum(['int16', 'uint8', 'float32']),
  geometry: geometrySchema,
  frames: z.number().int().positive(),
  slope: z.number(),
  intercept: z.number(),
  unit: z.string(),
})
export type VoxelArray = z.infer<typeof voxelArraySchema>
