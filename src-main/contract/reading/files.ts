import { z } from 'zod'
import { vec3Schema } from '../geometry'
import { sessionSchema } from './people'
import { drawnStructureSchema } from './protocol'

/**
 * What a reading is written as. `seg`: DICOM segmentation; `sr`: its volumes as a DICOM report (TID 1500), with the
 * segmentation; `nifti`: labelmap and ITK-SNAP's label descriptions; `csv`: the volumes as a table.
 */
export const readingFormats = ['seg', 'sr', 'nifti', 'csv'] as const
export type ReadingFormat = (typeof readingFormats)[number]

const exportSchema = z.object({
  session: sessionSchema,
  /** Whole, from its root; made when missing. Other files in it are left alone. */
  directory: z.string().min(1),
  formats: z.array(z.enum(readingFormats)).min(1),
  /** With the names of patient and raters; without, keys of the protocol stand for them. */
  identified: z.boolean().default(false),
})

export const exportedReadingsSchema = z.object({
  directory: z.string(),
  /** Relative to it, with `/`. */
  files: z.array(z.string()),
  /** What whoever uses the files should know. */
  notes: z.array(z.string()),
})
export type ExportedReadings = z.infer<typeof exportedReadingsSchema>

/** By what a label was taken for a structure. */
export const labelMatches = ['name', 'code', 'file', 'number'] as const
export type LabelMatch = (typeof labelMatches)[number]

/** One label of a drawing made elsewhere. */
export const drawnLabelSchema = z.object({
  /** Place in `files`. */
  file: z.number().int().min(0),
  /** Label value, or segment number. */
  value: z.number().int().positive(),
  /** As its file or label description calls it. */
  name: z.string().nullable(),
  colour: z.string().nullable(),
  voxels: z.number().int(),
  /** The structure it seems to be; null where nothing tells. */
  structure: z.string().nullable(),
  match: z.enum(labelMatches).nullable(),
  /** Whether a person must say which structure it is. */
  unclear: z.boolean(),
})
export type DrawnLabel = z.infer<typeof drawnLabelSchema>

/** Which structure a label is; null: none, it is left out. */
export const labelChoiceSchema = drawnLabelSchema.pick({ file: true, value: true, structure: true })
export type LabelChoice = z.infer<typeof labelChoiceSchema>

/**
 * How a drawing lies to the grid of the maps. `same`: voxel for voxel; `reordered`: the same voxels, in another order or
 * a part of them; `other`: it must be resampled.
 */
export const gridRelations = ['same', 'reordered', 'other'] as const
export type GridRelation = (typeof gridRelations)[number]

export const drawnFileSchema = z.object({
  /** Without its folder. */
  name: z.string(),
  kind: z.enum(['nifti', 'seg']),
  size: vec3Schema,
  spacing: vec3Schema,
  grid: z.enum(gridRelations),
})

export const inspectedFilesSchema = z.object({
  files: z.array(drawnFileSchema),
  labels: z.array(drawnLabelSchema),
  /** What the labels can be. */
  structures: z.array(drawnStructureSchema.pick({ key: true, name: true, colour: true })),
  notes: z.array(z.string()),
  /** Whether something is drawn in the reading already. */
  drawn: z.boolean(),
})
export type InspectedFiles = z.infer<typeof inspectedFilesSchema>

const importSchema = z.object({
  session: sessionSchema,
  readingId: z.string(),
  /**
   * NIfTI labelmaps and DICOM segmentations, one or several (a structure each), and ITK-SNAP's label descriptions, in
   * any order. A description beside a labelmap is found by itself.
   */
  paths: z.array(z.string().min(1)).min(1).max(64),
})

const long = <In extends z.ZodType, Out extends z.ZodType>(input: In, out: Out) =>
  ({ in: input, out, long: true }) as const

/** Readings as files, out and in. */
export const readingFileMethods = {
  /**
   * One reading: one's own as far as it is saved, or, for the study's owner, any that is signed. A rater who must not
   * know patient or source gets files that do not tell. Fails with `not-allowed`, `nothing-saved`, `write-failed`.
   */
  'reading.exportReading': long(exportSchema.extend({ readingId: z.string() }), exportedReadingsSchema),
  /**
   * For the owner: every signed reading, a folder for each rater and source with one file a case, and `study.json`,
   * which `umbra agree` takes. `reference` is a rater of the protocol.
   */
  'reading.exportStudy': long(
    exportSchema.extend({ studyId: z.string(), reference: z.string().nullable().default(null) }),
    exportedReadingsSchema,
  ),
  /** What is in files drawn elsewhere, and how it would be taken. */
  'reading.inspectFiles': long(importSchema, inspectedFilesSchema),
  /**
   * Takes files drawn elsewhere as what is drawn in a reading, which becomes a draft for its rater to sign. For the
   * rater, or the study's owner. Fails with `labels-unclear` (without `labels`), `other-grid` (without `resample`),
   * `already-drawn` (without `replace`), `signed`, `open-elsewhere`, and those of reading the files.
   */
  'reading.importFiles': long(
    importSchema.extend({
      /** For every label; null: as `reading.inspectFiles` proposes, where that is clear. */
      labels: z.array(labelChoiceSchema).nullable().default(null),
      resample: z.boolean().default(false),
      replace: z.boolean().default(false),
    }),
    z.object({ volumes: z.record(z.string(), z.number()), notes: z.array(z.string()) }),
  ),
} as const
