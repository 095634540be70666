import { z } from 'zod'
import { vec3Schema } from './geometry'
import { warningSchema } from './perfusion'
import { voxelArraySchema } from './voxels'

/** Where another series of the same patient lies, as it is kept on disk. */
export const seriesAlignmentSchema = z.object({
  /** x ↦ rotation · (x − centre) + centre + translation takes points of the one series to points of the other, LPS mm. */
  rotation: z.array(z.number()).length(9),
  translation: vec3Schema,
  centre: vec3Schema,
  /** Normalised mutual information, 1 to 2, after the registration and where the files say the series lie. */
  similarity: z.number(),
  similarityBefore: z.number(),
  warnings: z.array(warningSchema),
})
export type StoredAlignment = z.infer<typeof seriesAlignmentSchema>

/** Another series on the grid of the one under review, to be looked at over it. */
export const fusedSeriesSchema = z.object({
  otherKey: z.string(),
  description: z.string(),
  modality: z.string(),
  voxels: voxelArraySchema,
  /** Values shown as black and white, in its unit. */
  display: z.object({ lower: z.number(), upper: z.number() }),
  alignment: seriesAlignmentSchema,
  /** Found before, and read from disk. */
  kept: z.boolean(),
})
export type FusedSeries = z.infer<typeof fusedSeriesSchema>
