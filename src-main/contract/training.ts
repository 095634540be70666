import { z } from 'zod'
import { mapNames, warningSchema } from './perfusion'
import { voxelArraySchema } from './voxels'

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

/** A case of a reading study, as one to learn from. */
export const teachingCaseSchema = z.object({
  key: z.string(),
  name: z.string(),
  /** Key of the first case of the same patient; null where the case is left out. */
  patient: z.string().nullable(),
  /** Why it is left out, in words. */
  problem: z.string().nullable(),
})
export type TeachingCase = z.infer<typeof teachingCaseSchema>

/** A configuration as it is written by hand: a line for each field; what is left out takes its default. */
export function trainingConfigText(config: object): string {
  const oneLine = (value: unknown): string => JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ')
  const lines = Object.entries(config).map(([key, value]) => `  ${JSON.stringify(key)}: ${oneLine(value)}`)
  return `{\n${lines.join(',\n')}\n}\n`
}

/** A configuration to begin from. */
export const trainingPresetSchema = z.object({
  title: z.string(),
  description: z.string(),
  config: z.string(),
})
export type TrainingPreset = z.infer<typeof trainingPresetSchema>

/** A network that can make maps. */
export const networkModelSchema = z.object({
  /** What `maps.predict` takes: the name of one that comes with Umbra, the folder of another, or its ONNX file. */
  model: z.string(),
  name: z.string(),
  maps: z.array(z.enum(mapNames)),
  /** It comes with Umbra, was put into the data folder's `models`, or was trained here. */
  origin: z.enum(['umbra', 'added', 'trained']),
  created: z.string(),
  weightsSha256: z.string(),
})
export type NetworkModel = z.infer<typeof networkModelSchema>

/** One slice that a network does not learn from, as it sees it after an epoch. */
export const trainingExampleSchema = z.object({
  epoch: z.number().int(),
  patient: z.string(),
  slice: z.number().int(),
  maps: z.array(z.object({ name: z.enum(mapNames), label: z.string(), unit: z.string() })),
  /**
   * One slice, a frame an image: the baseline (HU), then of each map its truth and its prediction, in its unit; NaN where
   * the truth is not known.
   */
  images: voxelArraySchema,
})
export type TrainingExample = z.infer<typeof trainingExampleSchema>
