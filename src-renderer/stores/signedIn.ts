import { z } from 'zod'
import { readStored, writeStored } from './stored'

const KEY = 'umbra.reading'
const signedInSchema = z.object({
  version: z.literal(1).default(1),
  session: z.string().nullable().default(null),
  name: z.string().nullable().default(null),
  studyId: z.string().nullable().default(null),
  /** Whether the person must not get to know patients or sources. */
  blinded: z.boolean().default(false),
})
export type SignedIn = Omit<z.infer<typeof signedInSchema>, 'version'>

/** Who is signed in to read; it lasts as long as this window's tab. */
export const readSignedIn = (): SignedIn => readStored(sessionStorage, KEY, signedInSchema)

export const writeSignedIn = (signedIn: SignedIn): void =>
  writeStored(sessionStorage, KEY, { version: 1, ...signedIn })

export const rememberedSession = (): string | null => readSignedIn().session
