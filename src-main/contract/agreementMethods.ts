import { z } from 'zod'
import type { AgreementReport } from './agreementReport'
import { drawnStructureSchema, sessionSchema } from './reading'
import { voxelArraySchema } from './voxels'

/** The drawings of one person, a file a case. `NAME#2` is a second reading by NAME. */
const comparedFolderSchema = z.object({ name: z.string().trim().min(1).max(200), directory: z.string() })

/** What is compared. */
export const agreementOfSchema = z.discriminatedUnion('from', [
  /** What was signed in a reading study. */
  z.object({ from: z.literal('study'), session: sessionSchema, studyId: z.string() }),
  /** The folders that a file names, as `umbra agree STUDY` reads it. */
  z.object({ from: z.literal('file'), path: z.string().min(1) }),
  /** Folders, as `umbra agree --reference DIR --rater NAME=DIR … --labels …` compares them. */
  z.object({
    from: z.literal('folders'),
    title: z.string().trim().max(200).default(''),
    reference: comparedFolderSchema.nullable(),
    raters: z.array(comparedFolderSchema).max(64),
    /** "1=core,2=penumbra"; empty: all that is marked is one structure. */
    labels: z.string().max(2000),
  }),
])
export type AgreementOf = z.infer<typeof agreementOfSchema>

/** Null for a report of folders, which no person owns. */
const asked = z.object({ session: sessionSchema.nullable(), reportId: z.string() })

/** One case of a report with what two readings drew, to be looked at over the maps that they were drawn on. */
export const comparedCaseSchema = z.object({
  case: z.string(),
  /** First and second, for `reading.load`, and the name of the maps that each was drawn on. */
  readings: z.array(z.object({ readingId: z.string(), source: z.string() })).length(2),
  structures: z.array(drawnStructureSchema),
  /** First and second: uint8, a frame a structure, 1 inside; on one grid. */
  drawings: z.array(voxelArraySchema).length(2),
})
export type ComparedCase = z.infer<typeof comparedCaseSchema>

/** A report travels whole: both sides are of one version. */
const reportSchema = z.custom<AgreementReport>(
  (value) => (value as Partial<AgreementReport> | null)?.format === 'umbra-agreement-report',
)

/**
 * The agreement of raters. A reading study's is for its owner; its raters may see it once all of their readings are
 * signed, where the protocol does not blind them to each other (`not-allowed`).
 */
export const agreementMethods = {
  /**
   * Compares what is there now. `reference`: the name of a reading, null for none, and left out for the usual one (of a
   * study: the only reading of a deconvolution where others read a network's maps). The job carries no names: every
   * window sees it. Fails with `nothing-signed` where fewer than two readings are.
   */
  'agreement.report': {
    in: z.object({
      of: agreementOfSchema,
      reference: z.string().nullable().optional(),
      resamples: z.number().int().min(0).max(100_000).default(2000),
      seed: z.number().int().min(0).max(4_294_967_295).default(1),
    }),
    out: z.object({ reportId: z.string() }),
    long: true,
  },
  /** Fails with `report-gone` for one that newer ones took the room of. */
  'agreement.read': {
    in: asked,
    out: z.object({
      report: reportSchema,
      /** Whether the pictures of its cases are at hand. */
      pictures: z.boolean(),
      /** Colour of each structure, in the order of the report. */
      colours: z.array(z.string()),
    }),
    long: false,
  },
  /**
   * Two readings of one case. Fails with `reading-changed` where one of them was opened again since, and `other-grid`
   * where the two were drawn on different grids.
   */
  'agreement.case': {
    in: asked.extend({ case: z.string(), first: z.string(), second: z.string() }),
    out: comparedCaseSchema,
    long: false,
  },
  /** Writes everything `umbra agree` writes into a folder of the engine's machine. */
  'agreement.export': {
    in: asked.extend({ directory: z.string() }),
    out: z.object({ directory: z.string(), files: z.array(z.string()) }),
    long: true,
  },
} as const
