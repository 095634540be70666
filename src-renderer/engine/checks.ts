import { methods, UmbraError, type LongMethod, type MethodName, type Output } from '@contract'
import { z } from 'zod'

const startedSchema = z.object({ jobId: z.string() })

function contractBroken(method: string, error: z.ZodError): UmbraError {
  return new UmbraError({
    code: 'contract',
    message: `The engine and this window do not understand each other (${method}).`,
    hint: 'They are of different versions. Reload the window; if that does not help, install Umbra again.',
    where: z.prettifyError(error).slice(0, 500),
  })
}

/** What a method, or its finished job, gave: checked, because the engine may be another version than this window. */
export function parseOut<M extends MethodName>(method: M, value: unknown): Output<M> {
  const schema: z.ZodType = methods[method].out
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw contractBroken(method, parsed.error)
  return parsed.data as Output<M>
}

export function jobIdOf(method: LongMethod, value: unknown): string {
  const parsed = startedSchema.safeParse(value)
  if (!parsed.success) throw contractBroken(method, parsed.error)
  return parsed.data.jobId
}

/**
 * What is sent for a method. Checking it here finds what is wrong before it leaves, and makes plain objects of Vue's
 * reactive proxies, which a MessagePort cannot clone.
 */
export function parseIn(method: MethodName, params: unknown): unknown {
  const schema: z.ZodType = methods[method].in
  const parsed = schema.safeParse(params)
  if (parsed.success) return parsed.data
  throw new UmbraError({
    code: 'invalid-request',
    message: `This cannot be asked of the engine (${method}).`,
    hint: 'Check the values you entered.',
    where: z.prettifyError(parsed.error).slice(0, 500),
  })
}
