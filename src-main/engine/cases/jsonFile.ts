import { readFile, rename } from 'node:fs/promises'
import type { z } from 'zod'
import type { Warning } from '@contract'
import { writeFileAtomically } from '../files/atomic'

/** A small JSON document on disk, kept in memory and written whole at every change. */
export interface JsonFile<T> {
  read(): Promise<T>
  /** Changes run one after another, each on the outcome of the one before. */
  update(change: (value: T) => T): Promise<void>
}

/**
 * Opens a JSON document that must follow `schema`. A missing file is `empty`. A damaged one is moved aside, never
 * overwritten, and `report` is told where it went; work goes on with `empty`.
 */
export function openJsonFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  empty: z.output<Schema>,
  report: (warning: Warning) => void,
): JsonFile<z.output<Schema>> {
  type Value = z.output<Schema>

  async function load(): Promise<Value> {
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (thrown) {
      const error = thrown as NodeJS.ErrnoException
      if (error.code !== 'ENOENT') {
        report({ code: 'unreadable-file', message: `${path} could not be read: ${error.message}` })
      }
      return empty
    }
    try {
      return schema.parse(JSON.parse(text)) as Value
    } catch {
      const aside = `${path}.damaged-${new Date().toISOString().replace(/[:.]/g, '-')}`
      const moved = await rename(path, aside).then(
        () => `It was kept as ${aside}.`,
        () => 'It could not be moved aside.',
      )
      report({
        code: 'damaged-file',
        message: `${path} is damaged and was set back to its beginning. ${moved}`,
        hint: 'Nothing else was touched. Delete the damaged copy when you do not need it.',
      })
      return empty
    }
  }

  let current: Promise<Value> | null = null
  let writing: Promise<void> = Promise.resolve()
  const read = (): Promise<Value> => (current ??= load())
  return {
    read,
    update: async (change) => {
      const changed = (current = read().then(change))
      const value = await changed
      const write = writing.then(() => writeFileAtomically(path, JSON.stringify(value, null, 2) + '\n'))
      writing = write.catch(() => undefined)
      await write
    },
  }
}
