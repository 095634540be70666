import { z } from 'zod'
import { defineJob } from '../compute/tensorflow/process/protocol'

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'an array of bytes')
const floats = z.custom<Float32Array>((value) => value instanceof Float32Array, 'an array of float32')

const weightSpecSchema = z.looseObject({
  name: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  dtype: z.enum(['float32', 'int32', 'bool']),
})

/** A network that is carried to where no file can be read: its layers, and its weights in one piece. */
export const openNetworkJob = defineJob({
  name: 'open-network',
  input: z.object({
    modelTopology: z.looseObject({}),
    weightSpecs: z.array(weightSpecSchema),
    weights: bytes,
  }),
  event: z.never(),
  output: z.object({}),
})

/** One prepared slice [1, row, column, time point] through the network that was opened last. */
export const inferJob = defineJob({
  name: 'infer',
  input: z.object({
    input: floats,
    shape: z.tuple([z.literal(1), z.number().int(), z.number().int(), z.number().int()]),
  }),
  event: z.never(),
  output: z.object({ maps: floats }),
})
