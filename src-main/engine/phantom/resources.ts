import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UmbraError } from '@contract'

/**
 * A file of `resources/phantom`, found by going up from the running program: the same from the sources, the build and
 * the packaged application.
 */
export function phantomResource(name: string): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const path = join(folder, 'resources', 'phantom', name)
    if (existsSync(path)) return path
    if (folder === dirname(folder)) break
  }
  throw new UmbraError({
    code: 'resource-missing',
    message: 'The anatomy of the head phantom is missing from this installation.',
    hint: 'Install Umbra again, or take the folder resources/phantom from its sources.',
    where: `resources/phantom/${name}`,
  })
}
