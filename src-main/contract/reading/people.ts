import { z } from 'zod'

/** Of a person, a case, a source … as it is shown. */
export const nameSchema = z.string().trim().min(1).max(200)

/** What a person's name is compared by: case and spaces do not make another person. */
export const accountKey = (name: string): string =>
  name.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()

export const pinSchema = z.string().min(4).max(64)
/** What `reading.signIn` gave; it goes with every request of that person. */
export const sessionSchema = z.string().min(1).max(100)
