import { z } from 'zod'
import { geometrySchema } from '../geometry'
import { mapSchema } from '../perfusion'
import { loadedSeriesSchema } from '../study'
import { voxelArraySchema } from '../voxels'
import { drawnStructureSchema, keySchema } from './protocol'

/** `open`: nothing saved yet. `draft`: begun. `signed`: locked. */
export const readingStates = ['open', 'draft', 'signed'] as const
export type ReadingState = (typeof readingStates)[number]

const countsSchema = z.object({
  open: z.number().int(),
  draft: z.number().int(),
  signed: z.number().int(),
})

/** A study as those who take part see it in their list. */
export const readingStudySchema = z.object({
  studyId: z.string(),
  name: z.string(),
  description: z.string(),
  created: z.string(),
  owner: z.string(),
  /** Whether the person who asks made the study. */
  owned: z.boolean(),
  /** Whether the person who asks reads in it. */
  reads: z.boolean(),
  /** Of the owner: all readings; of a rater: their own. */
  progress: countsSchema,
})
export type ReadingStudy = z.infer<typeof readingStudySchema>

/** One line of a rater's worklist. Blinded as the protocol says: nothing here tells what the rater must not know. */
export const worklistItemSchema = z.object({
  readingId: z.string(),
  /** "Reading 4" where the patient is blinded, else the name of the case. */
  label: z.string(),
  /** Null where the source is blinded. */
  source: z.string().nullable(),
  state: z.enum(readingStates),
  /** Time worked on it. */
  seconds: z.number(),
  /** Wash-out: it cannot be opened before (ISO 8601). Null: now. */
  opensAt: z.string().nullable(),
  /** Wash-out: an earlier reading of the case must be signed first. */
  waits: z.boolean(),
  lastSaved: z.string().nullable(),
  signedAt: z.string().nullable(),
  /** ml by structure; empty where nothing was saved. */
  volumes: z.record(z.string(), z.number()),
})
export type WorklistItem = z.infer<typeof worklistItemSchema>

/** One reading as the owner sees it: nothing is hidden. */
export const readingProgressSchema = z.object({
  readingId: z.string(),
  case: z.string(),
  source: z.string(),
  rater: z.string(),
  /** 1, or 2 for a re-read. */
  pass: z.number().int(),
  /** Place in the rater's order, from 1. */
  place: z.number().int(),
  state: z.enum(readingStates),
  seconds: z.number(),
  lastSaved: z.string().nullable(),
  signedAt: z.string().nullable(),
  volumes: z.record(z.string(), z.number()),
  /** How often its rater asked for a proposal of a network, and took one over. */
  proposals: z.object({ shown: z.number().int(), accepted: z.number().int() }),
})
export type ReadingProgress = z.infer<typeof readingProgressSchema>

/**
 * What was drawn: a uint8 array with one frame for each structure, in the order of the protocol; 0 outside, 1 inside.
 * It is three-dimensional on the grid of the maps and belongs to no time point.
 */
export const openReadingSchema = z.object({
  readingId: z.string(),
  studyId: z.string(),
  label: z.string(),
  state: z.enum(readingStates),
  /** To be shown; null: the maps are shown without naming where they come from. */
  source: z.string().nullable(),
  blinding: z.object({ patient: z.boolean(), source: z.boolean(), raters: z.boolean() }),
  assistance: z.object({ thresholds: z.boolean(), proposals: z.boolean() }),
  structures: z.array(drawnStructureSchema),
  /** As last saved; null before the first save. */
  labelmap: voxelArraySchema.nullable(),
  /** Counts saves. */
  revision: z.number().int(),
  /** Worked so far; the clock of the page goes on from here. */
  seconds: z.number(),
  /** Goes with every save; null when the reading can only be looked at. */
  lease: z.string().nullable(),
  readOnly: z
    .object({ reason: z.enum(['open-elsewhere', 'signed', 'not-yours']), message: z.string() })
    .nullable(),
  /** Signed readings of the same case that this person may open to look at; none where raters are blinded. */
  others: z.array(z.object({ readingId: z.string(), rater: z.string(), source: z.string().nullable() })),
})
export type OpenReading = z.infer<typeof openReadingSchema>

/** The slices a save carries, in the order of its bytes: nx × ny of them each, x fastest, 0 outside and 1 inside. */
export const saveReadingSchema = z.object({
  lease: z.string(),
  geometry: geometrySchema,
  slices: z.array(z.object({ structure: keySchema, slice: z.number().int().min(0) })).max(100_000),
  /** Worked on this reading in all: `seconds` of `reading.open` and what came since. */
  seconds: z.number().min(0),
})

/** What a rater did with a proposal: added it, put it in the place of what was drawn, kept what lies in both, or nothing. */
export const proposalAnswers = ['added', 'replaced', 'kept-within', 'refused'] as const
export type ProposalAnswer = (typeof proposalAnswers)[number]

/** A structure that a network proposes: 1 inside, on the grid of the maps. */
export const networkProposalSchema = z.object({
  proposalId: z.string(),
  voxels: voxelArraySchema,
  /** What a relative rule compared with, in words; empty where it stands for itself. */
  reference: z.string(),
})

/**
 * What is read: the series and its maps, as `series.load` and `maps.compute` describe them. Ids and keys are made for
 * this opening and tell nothing; where the patient is blinded the description is empty, where the source is blinded the
 * labels and definitions are the same for every method. The frame of reference is never that of the files.
 */
export const readingScanSchema = z.object({
  series: loadedSeriesSchema,
  maps: z.array(mapSchema),
  mask: voxelArraySchema,
  /** Names of the rules by which a network can propose; none where the protocol or the scan does not let it. */
  networkRules: z.array(z.string()),
})
export type ReadingScan = z.infer<typeof readingScanSchema>
