import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeFailure } from './atomic'

const formerOf = (folder: string): string => `${folder}.former`

/**
 * Makes a folder whole before it takes the place of the one of its name: `fill` writes into a folder beside it, which
 * then is renamed. A failure or a kill leaves the former one, which `restoreFolder` puts back where the kill came between
 * the two renames.
 */
export async function replaceFolder(folder: string, fill: (next: string) => Promise<void>): Promise<void> {
  const [next, former] = [`${folder}.next`, formerOf(folder)]
  await rm(next, { recursive: true, force: true })
  try {
    await fill(next)
    await rm(former, { recursive: true, force: true })
    if (existsSync(folder)) await rename(folder, former)
    await rename(next, folder)
  } catch (thrown) {
    await rm(next, { recursive: true, force: true }).catch(() => undefined)
    await restoreFolder(folder)
    throw (thrown as NodeJS.ErrnoException).syscall ? writeFailure(thrown, dirname(folder)) : thrown
  }
  await rm(former, { recursive: true, force: true })
}

/** Puts back what `replaceFolder` had set aside, where nothing has taken its place. */
export async function restoreFolder(folder: string): Promise<void> {
  if (existsSync(formerOf(folder)) && !existsSync(folder)) await rename(formerOf(folder), folder)
}
