import { z } from 'zod'
import { defineJob } from './protocol'

/** Measures the speed of the backend that the process has opened. */
export const measureJob = defineJob({
  name: 'measure',
  input: z.object({}),
  event: z.never(),
  output: z.object({ gflops: z.number().positive() }),
})
