import { z } from 'zod'

/** The part of `Storage` that is used here; a test gives a Map-backed one. */
export type KeyValueStorage = Pick<Storage, 'getItem' | 'setItem'>

/**
 * What `key` holds, checked by `schema`. Preferences must never keep the window from opening: what is missing, damaged
 * or of an older shape gives the schema's defaults, field by field where the rest is sound.
 */
export function readStored<Shape extends z.ZodRawShape>(
  storage: KeyValueStorage,
  key: string,
  schema: z.ZodObject<Shape>,
): z.output<z.ZodObject<Shape>> {
  const stored = parseJson(read(storage, key))
  const whole = schema.safeParse(stored)
  if (whole.success) return whole.data
  const sound: Record<string, unknown> = {}
  if (typeof stored === 'object' && stored !== null) {
    for (const [name, value] of Object.entries(stored)) {
      const field: unknown = schema.shape[name]
      if (field instanceof z.ZodType && field.safeParse(value).success) sound[name] = value
    }
  }
  return schema.parse(sound)
}

/** Remembers `value`; a full or forbidden storage is no reason to disturb anybody. */
export function writeStored(storage: KeyValueStorage, key: string, value: unknown): void {
  try {
    storage.setItem(key, JSON.stringify(value))
  } catch (error) {
    console.warn(`"${key}" could not be remembered:`, error)
  }
}

function read(storage: KeyValueStorage, key: string): string | null {
  try {
    return storage.getItem(key)
  } catch {
    return null
  }
}

function parseJson(text: string | null): unknown {
  try {
    return text === null ? {} : JSON.parse(text)
  } catch {
    return {}
  }
}
