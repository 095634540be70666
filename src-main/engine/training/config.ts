import { z } from 'zod'
import { UmbraError } from '@contract'
import {
  inputSpecSchema,
  networkSchema,
  networkStride,
  optimiserSchema,
  outputSpecSchema,
  usualScales,
} from '../networks'
import { cohortSchema } from './cohort'
import { readingStudySchema } from './storedCases'
import { studyListSchema } from './studyList'
import { unitobrainSchema } from './unitobrain'

export const dataSchema = z.discriminatedUnion('kind', [
  cohortSchema,
  studyListSchema,
  unitobrainSchema,
  readingStudySchema,
])

const configShape = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]+$/, 'letters, digits, dots, dashes')
    .default('perfusion-unet'),
  data: dataSchema,
  /**
   * The model whose weights the run begins from, as wherever a model is named: the name of one that comes with Umbra, the
   * folder of another or of a run. Its network, input and outputs are those of this configuration. null: fresh weights.
   */
  start: z.string().min(1).nullable().default(null),
  network: networkSchema.default({
    name: 'perfusion-unet',
    depth: 4,
    width: 64,
    widest: null,
    batchNormalisation: true,
  }),
  input: inputSpecSchema.prefault({}),
  outputs: outputSpecSchema.default([
    { map: 'cbv', scale: usualScales.cbv },
    { map: 'cbf', scale: usualScales.cbf },
    { map: 'ttp', scale: usualScales.ttp },
  ]),
  split: z
    .strictObject({
      seed: z.number().int().default(1),
      /** Patients that judge; not with folds. */
      validation: z.number().int().min(1).default(15),
      /** Cross-validation: this many parts, of which part `fold` (from 0) judges. */
      folds: z.number().int().min(2).max(50).nullable().default(null),
      fold: z.number().int().min(0).default(0),
      /** Patients by name, instead of chance. */
      patients: z
        .strictObject({ training: z.array(z.string()).min(1), validation: z.array(z.string()).min(1) })
        .nullable()
        .default(null),
    })
    .prefault({}),
  /** Rows and columns of the windows that the network learns from. */
  window: z.tuple([z.number().int().min(8), z.number().int().min(8)]).default([512, 512]),
  batch: z.number().int().min(1).max(256).default(4),
  epochs: z.number().int().min(1).default(200),
  /** Slices of an epoch; null: every slice once. */
  slicesPerEpoch: z.number().int().min(1).nullable().default(null),
  /** Slices that judge an epoch, the same in each; null: all. */
  validationSlices: z.number().int().min(1).nullable().default(null),
  /** `known`: the squared error counts where the maps are known; `image`: everywhere, 0 where they are not (the paper). */
  lossRegion: z.enum(['known', 'image']).default('known'),
  optimiser: optimiserSchema.default({ name: 'sgd', learningRate: 0.1, momentum: 0.9 }),
  /** Times `factor` when the validation loss has not fallen by the share `least` for `patience` epochs. */
  plateau: z
    .strictObject({
      factor: z.number().positive().max(1).default(0.1),
      patience: z.number().int().min(1).default(10),
      least: z.number().min(0).max(1).default(1e-4),
      /** Training ends when the rate falls below this. */
      lowest: z.number().min(0).default(1e-6),
    })
    .prefault({}),
  /** Ends after this many epochs without a better validation loss; null: never. */
  earlyStopping: z.number().int().min(1).nullable().default(30),
  augmentation: z
    .strictObject({
      mirror: z.boolean().default(true),
      gain: z.number().min(0).max(0.5).default(0.03),
      noise: z.number().min(0).max(2).default(0),
    })
    .prefault({}),
  /** Of weights, order, augmentation. */
  seed: z.number().int().min(0).max(0xffffffff).default(1),
  /** Ends after this long, and keeps the best so far; null: no limit. */
  minutes: z.number().positive().nullable().default(null),
})

/** Input values of a step: 2 GB of them. */
const MAX_STEP_VALUES = 2 ** 29

/** What its fields do not say each by itself becomes an issue at its place. */
function checkTogether(config: z.infer<typeof configShape>, context: z.RefinementCtx): void {
  const issue = (path: string[], message: string): void =>
    void context.addIssue({ code: 'custom', path, message })
  const { window, network, batch, input, split } = config
  const stride = networkStride(network)
  if (window.some((length) => length % stride !== 0)) {
    issue(['window'], `a network of this depth takes multiples of ${stride}, not ${window.join(' × ')}`)
  }
  if (batch * window[0] * window[1] * input.timePoints > MAX_STEP_VALUES) {
    issue(['window'], 'a batch of windows of this size is more than 2 GB')
  }
  const { folds, fold } = split
  if (fold >= (folds ?? 1)) {
    const most = folds === null ? 'there are no folds' : `the last of ${folds} folds is ${folds - 1}`
    issue(['split', 'fold'], `${most}, not ${fold}`)
  }
}

/** Everything that a training run is made from. What is left out follows the paper. */
export const trainingConfigSchema = configShape.superRefine(checkTogether)
export type TrainingConfig = z.output<typeof trainingConfigSchema>
/** As a person writes it: most fields can be left out. */
export type TrainingConfigInput = z.input<typeof trainingConfigSchema>

/** Reads a configuration given by a person; throws `usage`, naming the fields at fault. */
export function trainingConfig(given: unknown, where?: string): TrainingConfig {
  const parsed = trainingConfigSchema.safeParse(given)
  if (parsed.success) return parsed.data
  throw new UmbraError({
    code: 'usage',
    message: parsed.error.issues
      .map(({ path, message }) => `${path.join('.') || 'config'}: ${message}`)
      .join('; '),
    hint: 'docs/training.md lists the fields.',
    where,
  })
}
