import { backendChoices, backendNames, problemSchema } from '@contract'
import { z } from 'zod'

/** What the process computes on, as it says when it is ready. */
export const processRuntimeSchema = z.object({
  backend: z.enum(backendNames),
  version: z.string(),
  device: z.string(),
  threads: z.number().int().positive(),
  /** WebGPU on the processor. */
  software: z.boolean().default(false),
})
export type ProcessRuntime = z.infer<typeof processRuntimeSchema>

/** From the engine to the process that computes with TensorFlow. `job` numbers are the engine's. */
export const orderSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open'), backend: z.enum(backendChoices) }),
  z.object({ kind: z.literal('start'), job: z.number().int(), name: z.string(), input: z.unknown() }),
  z.object({ kind: z.literal('cancel'), job: z.number().int() }),
  z.object({ kind: z.literal('end') }),
])
export type Order = z.infer<typeof orderSchema>

/** And back. */
export const reportSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), runtime: processRuntimeSchema }),
  z.object({ kind: z.literal('unavailable'), error: problemSchema }),
  z.object({
    kind: z.literal('progress'),
    job: z.number().int(),
    progress: z.number().min(0).max(1),
    stage: z.string(),
  }),
  z.object({ kind: z.literal('event'), job: z.number().int(), event: z.unknown() }),
  z.object({ kind: z.literal('done'), job: z.number().int(), output: z.unknown() }),
  z.object({ kind: z.literal('failed'), job: z.number().int(), error: problemSchema }),
])
export type Report = z.infer<typeof reportSchema>

/**
 * One kind of work that a process does: both sides parse with these schemas. Typed arrays pass as they are. Define it
 * in a file that does not import TensorFlow, so that the engine can name the work without loading it.
 */
export interface JobDefinition<In extends z.ZodType, Event extends z.ZodType, Out extends z.ZodType> {
  name: string
  input: In
  /** What it tells while it works, besides progress: an epoch's figures, say. */
  event: Event
  output: Out
}

export const defineJob = <In extends z.ZodType, Event extends z.ZodType, Out extends z.ZodType>(
  definition: JobDefinition<In, Event, Out>,
): JobDefinition<In, Event, Out> => definition
