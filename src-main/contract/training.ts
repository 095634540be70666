import { z } from 'zod'
import { mapNames, warningSchema } from './perfusion'

/** What is known after an epoch. */
export const epochRecordSchema = z.object({
  epoch: z.number().int(),
  /** Milliseconds since 1970, when it ended. */
  time: z.number(),
  seconds: z.number(),
  steps: z.number().int(),
  learningRate: z.number(),
  /** Mean squared error of the normalised maps. */
  trainingLoss: z.number(),
  validationLoss: z.number(),
  /** Pearson's r within a study against its maps, mean over the studies that judge. */
  correlation: z.partialRecord(z.enum(mapNames), z.number().nullable()),
  /** Tensors alive after the epoch: the same in every one. */
  tensors: z.number().int(),
})
export type EpochRecord = z.infer<typeof epochRecordSchema>

/** A training run as its folder tells it. */
export const trainingRunSchema = z.object({
  runId: z.string(),
  name: z.string(),
  /** Started, ISO 8601. */
  started: z.string(),
  /** `paused`: it can go on from its last whole epoch. `finished`: it has made its model. */
  state: z.enum(['running', 'paused', 'finished']),
  /** Folder of the run on the engine's machine. */
  directory: z.string(),
  epochs: z.number().int(),
  /** "native TensorFlow 2.15.1, 2 threads"; null before the first start was through. */
  computedBy: z.string().nullable(),
  patients: z.object({ training: z.number().int(), validation: z.number().int() }).nullable(),
  history: z.array(epochRecordSchema),
  /** The configuration, as JSON text. */
  config: z.string(),
  /** The model card; null until there is a model. */
  card: z.string().nullable(),
  /** What was wrong with its data or its folder when it was last begun or gone on with. */
  warnings: z.array(warningSchema),
  /** Why the folder cannot be read in full. */
  fault: z.string().nullable(),
  /** What is done at this moment; null when the run is not under way. */
  work: z.object({ progress: z.number(), stage: z.string(), secondsLeft: z.number().nullable() }).nullable(),
})
export type TrainingRun = z.infer<typeof trainingRunSchema>

/** A configuration to begin from. */
export const trainingPresetSchema = z.object({
  title: z.string(),
  description: z.string(),
  config: z.string(),
})
export type TrainingPreset = z.infer<typeof trainingPresetSchema>

/** A network that can make maps. */
export const networkModelSchema = z.object({
  /** What `maps.predict` takes: the name of one that comes with Umbra, or the folder of a run's. */
  model: z.string(),
  name: z.string(),
  maps: z.array(z.enum(mapNames)),
  bundled: z.boolean(),
  created: z.string(),
  weightsSha256: z.string(),
})
export type NetworkModel = z.infer<typeof networkModelSchema>
