import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { UmbraError } from '@contract'
import { ownMark, removeAbandoned } from '../files/abandoned'
import { writeFailure } from '../files/atomic'

/** The names of folders that are being filled, or hold what is replaced. */
const TEMPORARY = /^\.umbra-(\w+-\d+)-[0-9a-f]{12}\.(?:part|old)$/

/**
 * Writes a set of files into a folder so that the folder has the whole new set or keeps what it had: `write` fills a
 * hidden folder inside it (so on the same disk), and only when all is there are the files moved to their places, old
 * ones aside first and back again should a move fail. Other files of the folder are left alone. Resolves to the names
 * of the files, relative, with `/`. Throws `write-failed`, or what `write` throws; nothing of its own stays behind, and
 * what a program that was killed here left is removed.
 */
export async function writeFileSet(
  directory: string,
  write: (folder: string) => Promise<void>,
): Promise<string[]> {
  const made = await firstMissing(directory)
  await removeAbandoned(directory, TEMPORARY)
  const id = `${ownMark}-${randomBytes(6).toString('hex')}`
  const staging = join(directory, `.umbra-${id}.part`)
  const replaced = join(directory, `.umbra-${id}.old`)
  try {
    await onDisk(directory, () => mkdir(staging, { recursive: true }))
    await write(staging).catch((thrown: unknown) => {
      throw placed(thrown, staging, directory)
    })
    const names = (await filesUnder(staging)).sort()
    await onDisk(directory, () => moveAll(names, staging, directory, replaced))
    return names.map((name) => name.split(sep).join('/'))
  } finally {
    // A worker that was ended may have one write left.
    await rm(staging, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }).catch(() => undefined)
    await rm(replaced, { recursive: true, force: true }).catch(() => undefined)
    if (made) await removeEmpty(directory, made)
  }
}

/** A failure to write told of the file's place in the folder, not of where it lay until then. */
function placed(thrown: unknown, staging: string, directory: string): unknown {
  if (!(thrown instanceof UmbraError) || !thrown.where?.startsWith(staging)) return thrown
  const { code, message, hint, where } = thrown
  return new UmbraError({ code, message, hint, where: join(directory, relative(staging, where)) })
}

async function onDisk<T>(directory: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (thrown) {
    throw writeFailure(thrown, directory)
  }
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const nested = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory()
        ? (await filesUnder(path)).map((name) => join(entry.name, name))
        : [entry.name]
    }),
  )
  return nested.flat()
}

async function moveAll(names: string[], from: string, to: string, aside: string): Promise<void> {
  const undo: (() => Promise<void>)[] = []
  const move = async (source: string, target: string): Promise<void> => {
    await mkdir(dirname(target), { recursive: true })
    await rename(source, target)
    undo.unshift(() => rename(target, source))
  }
  try {
    for (const name of names) {
      if (await exists(join(to, name))) await move(join(to, name), join(aside, name))
      await move(join(from, name), join(to, name))
    }
  } catch (thrown) {
    for (const step of undo) await step().catch(() => undefined)
    throw thrown
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** The topmost folder of a path that is not there yet; null when the path exists. */
async function firstMissing(path: string): Promise<string | null> {
  if (await exists(path)) return null
  const parent = dirname(path)
  return parent === path ? path : ((await firstMissing(parent)) ?? path)
}

/** Removes empty folders from `path` up to `top`, which this run made. */
async function removeEmpty(path: string, top: string): Promise<void> {
  for (let folder = path; !relative(top, folder).startsWith('..'); folder = dirname(folder)) {
    const removed = await rmdir(folder).then(
      () => true,
      () => false,
    )
    if (!removed) return
  }
}
