import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UmbraError } from '@contract'

/**
 * The path of a file or folder of the application's `resources`: under UMBRA_RESOURCES where that is set, else in the
 * nearest `resources` folder that has it, from this program's own folder upwards (the checkout, a packaged
 * application, its archive). Throws `resource-missing`.
 */
export function resourcePath(...parts: string[]): string {
  for (const folder of resourceFolders()) {
    const path = join(folder, ...parts)
    if (existsSync(path)) return path
  }
  throw new UmbraError({
    code: 'resource-missing',
    message: `A part of Umbra is missing: resources/${parts.join('/')}.`,
    hint: 'Install Umbra again, or point UMBRA_RESOURCES at its resources folder.',
  })
}

function* resourceFolders(): Generator<string> {
  if (process.env.UMBRA_RESOURCES) {
    yield process.env.UMBRA_RESOURCES
    return
  }
  let folder = __dirname
  for (;;) {
    yield join(folder, 'resources')
    const parent = dirname(folder)
    if (parent === folder) return
    folder = parent
  }
}
