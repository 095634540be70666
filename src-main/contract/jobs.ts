import { z } from 'zod'
import { problemSchema } from './errors'

/** Long work, as its owner watches it. `result` is checked against the method's `out` schema by the client. */
export const jobSchema = z.object({
  id: z.string(),
  method: z.string(),
  title: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  /** 0..1 */
  progress: z.number().min(0).max(1),
  stage: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  log: z.array(z.object({ time: z.string(), text: z.string() })),
  error: problemSchema.nullable(),
  result: z.unknown().optional(),
})
export type Job = z.infer<typeof jobSchema>
