import { z } from 'zod'
import { mapNames } from './perfusion'

const figure = z.number().nullable()

/** How far a map agrees with a reference over some voxels; a figure is null where it has no value. */
export const mapAgreementSchema = z.object({
  voxels: z.number().int(),
  /** Map − reference, mean, in the unit of the map. */
  bias: figure,
  mae: figure,
  rmse: figure,
  /** dB; null for equal maps, whose ratio is infinite. */
  psnr: figure,
  ssim: figure,
  pearson: figure,
})
export type MapAgreement = z.infer<typeof mapAgreementSchema>

/** Two results of one series, map by map: the first against the second. */
export const mapsAgreementSchema = z.object({
  maps: z.array(
    z.object({
      name: z.enum(mapNames),
      unit: z.string(),
      /** Range of the reference in the mask: what PSNR and SSIM are relative to. */
      dynamicRange: z.number(),
      study: mapAgreementSchema,
      slices: z.array(mapAgreementSchema),
    }),
  ),
})
export type MapsAgreement = z.infer<typeof mapsAgreementSchema>

/** Counts of voxels by map (columns) and reference (rows), both in equal bins from lower to upper, lowest first. */
export const jointHistogramSchema = z.object({
  bins: z.number().int(),
  lower: z.number(),
  upper: z.number(),
  counts: z.array(z.number().int()),
})
export type JointHistogram = z.infer<typeof jointHistogramSchema>
