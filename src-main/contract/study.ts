import { z } from 'zod'
import { vec3Schema } from './geometry'
import { voxelArraySchema } from './voxels'

export const seriesKinds = ['ct-perfusion', 'mr-perfusion', 'volume', 'other'] as const

/** One series as `umbra info` prints it. `key` is unique in a catalogue even where one UID holds two series. */
export const seriesSummarySchema = z.object({
  key: z.string(),
  uid: z.string(),
  /** All SeriesInstanceUIDs that were joined (scanners that write one series per time point). */
  uids: z.array(z.string()),
  modality: z.string(),
  description: z.string(),
  kind: z.enum(seriesKinds),
  /** Why it is, or is not, a 4-D series, in words. */
  reason: z.string(),
  files: z.number().int(),
  timePoints: z.number().int(),
  /** Seconds from the first frame; the mean over the slices of each time point. */
  times: z.array(z.number()),
  size: vec3Schema,
  spacing: vec3Schema,
  transferSyntaxes: z.array(z.string()),
  warnings: z.array(z.string()),
})
export type SeriesSummary = z.infer<typeof seriesSummarySchema>

export const studySummarySchema = z.object({
  uid: z.string(),
  patientId: z.string(),
  patientName: z.string(),
  date: z.string(),
  description: z.string(),
  series: z.array(seriesSummarySchema),
})
export type StudySummary = z.infer<typeof studySummarySchema>

export const catalogueSchema = z.object({
  studies: z.array(studySummarySchema),
  skipped: z.array(z.object({ file: z.string(), reason: z.string() })),
  /** Files found in all: shown + skipped. Nothing is dropped silently. */
  filesFound: z.number().int(),
  filesShown: z.number().int(),
})
export type Catalogue = z.infer<typeof catalogueSchema>

/** A series read into memory. */
export const loadedSeriesSchema = z.object({
  seriesKey: z.string(),
  voxels: voxelArraySchema,
  modality: z.string(),
  kind: z.enum(seriesKinds),
  description: z.string(),
  /** Seconds, [frame]: the mean over the slices. */
  times: z.array(z.number()),
  /** Display window from the files, in the unit of the voxels, or null. */
  window: z.object({ center: z.number(), width: z.number() }).nullable(),
  warnings: z.array(z.string()),
})
export type LoadedSeriesInfo = z.infer<typeof loadedSeriesSchema>

/** A series in memory with the motion of the head taken back. */
export const correctedSeriesSchema = z.object({
  voxels: voxelArraySchema,
  /** Index of each frame in the series as it was read; those that could not be saved are missing. */
  frames: z.array(z.number().int()),
  /** Seconds, [frame]: on the clock of the series as it was read. */
  times: z.array(z.number()),
})
export type CorrectedSeries = z.infer<typeof correctedSeriesSchema>

export const recentStudySchema = z.object({
  paths: z.array(z.string()),
  label: z.string(),
  openedAt: z.string(),
  studies: z.number().int(),
  series: z.number().int(),
})
export type RecentStudy = z.infer<typeof recentStudySchema>
