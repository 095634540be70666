import { realpath, stat, readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { UmbraError, type Catalogue } from '@contract'
import { stopIfCancelled, type Run } from '../compute/run'
import type { SourceFile } from './slices'

/** Folders deeper than this are a loop of mounts or links. */
const deepest = 64

/**
 * All regular files under `paths`, in a stable order, named relative to the folder
 * they were found in, with its name before where there are several. Links are
 * followed, each folder once; what is neither file nor folder is skipped with the reason.
 */
export async function findFiles(
  paths: readonly string[],
  run: Run,
): Promise<{ files: SourceFile[]; skipped: Catalogue['skipped'] }> {
  const files: SourceFile[] = []
  const skipped: Catalogue['skipped'] = []
  const visited = new Set<string>()
  const visit = async (path: string, name: string, depth: number): Promise<void> => {
    stopIfCancelled(run)
    const information = await stat(path).catch((thrown: NodeJS.ErrnoException) => thrown)
    if (information instanceof Error) {
      skipped.push({ file: name, reason: `Cannot be read (${information.code ?? 'unknown'}).` })
    } else if (information.isFile()) {
      if (!visited.has(path)) files.push({ name, path })
      visited.add(path)
    } else if (information.isDirectory()) await visitFolder(path, name, depth)
    else skipped.push({ file: name, reason: 'Neither a file nor a folder.' })
  }
  const visitFolder = async (path: string, name: string, depth: number): Promise<void> => {
    const real = await realpath(path)
    if (visited.has(real)) return
    visited.add(real)
    if (depth > deepest) {
      skipped.push({ file: name, reason: `Folders nested more than ${deepest} deep were not searched.` })
      return
    }
    const entries = await readdir(path, { withFileTypes: true }).catch(
      (thrown: NodeJS.ErrnoException) => thrown,
    )
    if (entries instanceof Error) {
      skipped.push({ file: name, reason: `The folder cannot be read (${entries.code ?? 'unknown'}).` })
      return
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const entry of entries) {
      const at = join(path, entry.name)
      const called = name === '' ? entry.name : `${name}/${entry.name}`
      if (entry.isFile()) {
        if (!visited.has(at)) files.push({ name: called, path: at })
        visited.add(at)
      } else await visit(at, called, depth + 1)
    }
  }
  for (const path of paths) {
    const information = await stat(path).catch(() => null)
    if (!information) {
      throw new UmbraError({
        code: 'not-found',
        message: 'There is no such file or folder.',
        hint: 'Check the path, and that its disk is connected.',
        where: path,
      })
    }
    const called = paths.length === 1 ? '' : basename(resolve(path))
    if (information.isDirectory()) await visitFolder(path, called, 0)
    else await visit(path, path, 0)
  }
  return { files, skipped }
}
