import { z } from 'zod'

export const filterMethods = ['none', 'bilateral', 'tips', 'nonLocalMeans'] as const
export type FilterMethod = (typeof filterMethods)[number]

/** As a reader sees them, wherever a filter is named. */
export const filterLabels: Record<FilterMethod, string> = {
  none: 'None',
  bilateral: 'Bilateral',
  tips: 'Time-intensity profile (TIPS)',
  nonLocalMeans: 'Non-local means',
}

/** How the frames of a series are filtered before curves are read from them. Written into every report. */
export const filterSettingsSchema = z.object({
  method: z.enum(filterMethods).default('bilateral'),
  /** Standard deviation of the spatial weight in the slice plane, mm, but of TIPS; of non-local means half the reach of the search. */
  spatialMm: z.number().positive().max(20).default(3),
  /** Standard deviations of the spatial weight at which neighbours end; two leave out an eighth of it. */
  spatialReach: z.number().min(1).max(4).default(2),
  /** Standard deviation of the range weight of the bilateral filter: HU; per cent of the tissue's signal for MR. */
  rangeHu: z.number().positive().max(1000).default(20),
  /** TIPS: standard deviation of the spatial weight in the slice plane, mm; the deconvolution averages over as much again. */
  profileMm: z.number().positive().max(20).default(2),
  /** TIPS: how far two curves of one tissue may lie apart beyond noise, root of the mean square over time, HU or per cent. */
  profileHu: z.number().positive().max(1000).default(4),
  /** Non-local means: weights fall to 1/e where patches lie apart by this many standard deviations of the noise. */
  patchStrength: z.number().positive().max(10).default(0.8),
  /** Non-local means: voxels from the middle of a patch to its edge. */
  patchRadius: z.number().int().min(1).max(6).default(2),
})
export type FilterSettings = z.infer<typeof filterSettingsSchema>

/** The settings that each filter asks; those of the others mean nothing to it. */
export const settingsOfFilter: Record<FilterMethod, readonly (keyof FilterSettings)[]> = {
  none: [],
  bilateral: ['spatialMm', 'spatialReach', 'rangeHu'],
  tips: ['spatialReach', 'profileMm', 'profileHu'],
  nonLocalMeans: ['spatialMm', 'patchStrength', 'patchRadius'],
}
