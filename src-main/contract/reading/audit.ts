import { z } from 'zod'

export const auditEntrySchema = z.object({
  number: z.number().int(),
  time: z.string(),
  /** The person's name, or "Umbra" for what happens by itself. */
  actor: z.string(),
  /** "reading.signed" … */
  action: z.string(),
  studyId: z.string().nullable(),
  readingId: z.string().nullable(),
  /** Never a patient's name or a path. */
  detail: z.record(z.string(), z.unknown()),
  hash: z.string(),
})
export type AuditEntry = z.infer<typeof auditEntrySchema>

/** Whether every entry of the trail still follows from the one before, and what it says agrees with the store. */
export const auditCheckSchema = z.object({
  whole: z.boolean(),
  entries: z.number().int(),
  /** What is wrong, in words, with the number of the first entry that does not fit. */
  faults: z.array(z.object({ number: z.number().int().nullable(), message: z.string() })),
  /** Of the last entry: written down elsewhere, it also shows that entries were cut off the end. */
  head: z.string(),
})
export type AuditCheck = z.infer<typeof auditCheckSchema>
