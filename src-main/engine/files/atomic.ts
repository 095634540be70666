import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { UmbraError } from '@contract'
import type { Run } from '../compute/run'

const reasons: Record<string, { message: string; hint: string }> = {
  ENOSPC: { message: 'The disk is full.', hint: 'Free some space, or choose a folder on another disk.' },
  EACCES: { message: 'Writing is not allowed there.', hint: 'Choose a folder you may write to.' },
  EROFS: { message: 'That disk is read-only.', hint: 'Choose a folder on another disk.' },
  ENOENT: { message: 'No folder can be made there.', hint: 'Choose another folder.' },
  EEXIST: { message: 'A file stands where a folder is needed.', hint: 'Choose another folder.' },
  ENOTDIR: { message: 'A file stands where a folder is needed.', hint: 'Choose another folder.' },
}

/** What is waited for at a time until it is on the disk, bytes: a cancelled run waits no longer. */
const SYNCED_AT_ONCE = 64 * 1024 ** 2

/** Makes a folder and those above it. Node's own recursion never ends where a file system makes none (/proc). */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (thrown) {
    const above = dirname(folder)
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT' && !existsSync(above)) {
      await makeFolder(above)
      await makeFolder(folder)
      return
    }
    const there = await stat(folder).catch(() => null)
    if (!there?.isDirectory()) throw thrown
  }
}

/** Makes a folder if it is missing, and throws `write-failed` where no file can be made in it: before long work, not after. */
export async function ensureWritable(directory: string): Promise<void> {
  const probe = join(directory, `.umbra.${randomBytes(6).toString('hex')}.part`)
  try {
    await makeFolder(directory)
    await (await open(probe, 'wx')).close()
    await rm(probe)
  } catch (thrown) {
    throw writeFailure(thrown, directory)
  }
}

/**
 * Writes a file so that it is there whole or not at all: a temporary name beside it, fsync, rename. The folder is made
 * when missing. Throws `write-failed`, naming the file and the cause, or an AbortError; nothing half-written stays.
 */
export async function writeFileAtomically(
  path: string,
  content: Uint8Array | string,
  { signal }: Run = {},
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`)
  try {
    await makeFolder(dirname(path))
    const file = await open(temporary, 'wx')
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content
      let at = 0
      do {
        await file.writeFile(bytes.subarray(at, at + SYNCED_AT_ONCE), { signal })
        await file.sync()
        signal?.throwIfAborted()
        at += SYNCED_AT_ONCE
      } while (at < bytes.length)
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => undefined)
    signal?.throwIfAborted()
    throw writeFailure(thrown, path)
  }
}

/** The `write-failed` problem that an error of the file system stands for. */
export function writeFailure(thrown: unknown, path: string): UmbraError {
  const code = (thrown as NodeJS.ErrnoException).code ?? ''
  const reason = reasons[code] ?? { message: (thrown as Error).message, hint: 'Choose another folder.' }
  return new UmbraError({ code: 'write-failed', where: path, ...reason })
}
