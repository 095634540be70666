import { z } from 'zod'

/** What every failure says: what happened (message), what to do (hint), and which file, tag or field (where). */
export const problemSchema = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  where: z.string().optional(),
})
export type Problem = z.infer<typeof problemSchema>

/** The one error class that crosses rooms and processes. Anything else that is thrown is a bug. */
export class UmbraError extends Error {
  readonly code: string
  readonly hint?: string
  readonly where?: string

  constructor(problem: Problem) {
    super(problem.message)
    this.name = 'UmbraError'
    this.code = problem.code
    this.hint = problem.hint
    this.where = problem.where
  }
}

/** The problem a thrown value stands for; a value that is not an UmbraError becomes `internal`. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof UmbraError) {
    return { code: thrown.code, message: thrown.message, hint: thrown.hint, where: thrown.where }
  }
  if (thrown instanceof Error && thrown.name === 'AbortError') return { code: 'cancelled', message: 'Cancelled.' }
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return { code: 'internal', message, hint: 'This is a fault in Umbra. The job log has the details.' }
}
