import { z } from 'zod'
import { defineJob } from '../../../src-main/engine/compute/tensorflow'

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
  input: z.object({ how: z.enum(['crash', 'error', 'hang']) }),
  event: z.never(),
  output: z.object({}),
})
export const missingJob = defineJob({
  name: 'missing',
  input: z.object({}),
  event: z.never(),
  output: z.object({}),
})
