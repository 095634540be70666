import { z } from 'zod'

/** Characters that nobody sees, or that turn the text around them: two names that look alike would be two persons. */
const unseen = /[\u200b\u202a-\u202e\u2066-\u2069\ufeff]/g

/** Of a person, a case, a source … as it is shown. */
export const nameSchema = z
  .string()
  .transform((name) =>
    name
      .replace(/\p{Cc}+/gu, ' ')
      .replace(unseen, '')
      .trim(),
  )
  .pipe(z.string().min(1).max(200))

/** What a person's name is compared by: case and spaces do not make another person. */
export const accountKey = (name: string): string =>
  name.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()

export const pinSchema = z.string().min(4).max(64)
/** What `reading.signIn` gave; it goes with every request of that person. */
export const sessionSchema = z.string().min(1).max(100)
