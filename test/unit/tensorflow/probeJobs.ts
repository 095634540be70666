import { z } from 'zod'
import { defineJob } from '../../../src-main/engine/compute/tensorflow'
import { networkSchema } from '../../../src-main/engine/networks'

/** Jobs of test/unit/tensorflow/probe.process.ts. */
export const sumJob = defineJob({
  name: 'sum',
  input: z.object({ values: z.instanceof(Float32Array) }),
  event: z.object({ values: z.number() }),
  output: z.object({ sum: z.number(), doubled: z.instanceof(Float32Array) }),
})
export const countJob = defineJob({
  name: 'count',
  input: z.object({ steps: z.number() }),
  event: z.never(),
  output: z.object({ steps: z.number() }),
})
export const endJob = defineJob({
  name: 'end',
  input: z.object({ how: z.enum(['crash', 'error', 'hang', 'lose-gpu', 'exceed-gpu']) }),
  event: z.never(),
  output: z.object({}),
})
export const missingJob = defineJob({
  name: 'missing',
  input: z.object({}),
  event: z.never(),
  output: z.object({}),
})

/** Gradients of the masked loss by every trained weight of a fresh network, for one batch. */
export const gradientsJob = defineJob({
  name: 'gradients',
  input: z.object({
    network: networkSchema,
    shape: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    outputs: z.number(),
    input: z.instanceof(Float32Array),
    target: z.instanceof(Float32Array),
  }),
  event: z.never(),
  output: z.object({
    loss: z.number(),
    gradients: z.array(z.object({ weight: z.string(), values: z.instanceof(Float32Array) })),
  }),
})
