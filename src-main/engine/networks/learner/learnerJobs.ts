import { z } from 'zod'
import { defineJob } from '../../compute/tensorflow/process/protocol'
import { floatsSchema, imagesSchema, outlineSchema, partsSchema } from '../networkJobs'
import { learnerSpecSchema } from './learner'

/** Zod's own numbers are finite, which a loss need not be. */
const lossSchema = z.custom<number>((value) => typeof value === 'number', 'a number')
const storedTensorSchema = z
  .object({ name: z.string(), shape: z.array(z.number().int().nonnegative()), values: floatsSchema })
  .refine(({ shape, values }) => values.length === shape.reduce((product, length) => product * length, 1), {
    error: 'as many values as its shape says',
  })
const stateSchema = z.object({ weights: z.array(storedTensorSchema), optimiser: z.array(storedTensorSchema) })

const none = z.object({})

/** The jobs of a learner that is elsewhere (`carriedLearner`): one a method, on the learner that was opened last. */
export const learnerJobs = {
  open: defineJob({
    name: 'learner-open',
    input: z.object({ spec: learnerSpecSchema, from: stateSchema.nullable() }),
    event: z.never(),
    output: outlineSchema,
  }),
  step: defineJob({
    name: 'learner-step',
    input: z.object({ batch: imagesSchema.safeExtend({ target: floatsSchema }), learningRate: z.number() }),
    event: z.never(),
    output: z.object({ loss: lossSchema }),
  }),
  predict: defineJob({
    name: 'learner-predict',
    input: imagesSchema,
    event: z.never(),
    output: z.object({ maps: floatsSchema }),
  }),
  state: defineJob({
    name: 'learner-state',
    input: none,
    event: z.never(),
    output: stateSchema.extend({ tensors: z.number().int() }),
  }),
  restoreWeights: defineJob({
    name: 'learner-restore',
    input: stateSchema.pick({ weights: true }),
    event: z.never(),
    output: none,
  }),
  parts: defineJob({ name: 'learner-parts', input: none, event: z.never(), output: partsSchema }),
}
