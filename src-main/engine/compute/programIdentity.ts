import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { workerPath } from './pool'

let known: Promise<string> | null = null

async function identify(): Promise<string> {
  const folder = dirname(workerPath(''))
  const names = (await readdir(folder)).filter((name) => name.endsWith('.js')).sort()
  const hash = createHash('sha256').update(__UMBRA_VERSION__)
  for (const name of names) hash.update(name).update(await readFile(join(folder, name)))
  return hash.digest('hex')
}

/**
 * A hash of the running program's own files: what was computed by another build is not taken for this one's, also
 * where a developer changed a formula and not the version.
 */
export function programIdentity(): Promise<string> {
  return (known ??= identify())
}
