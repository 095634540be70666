import { readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** What the names of temporary files of this process hold: the machine and the process, to tell later whose they were. */
export const ownMark = `${hostname().replace(/\W/g, '') || 'machine'}-${process.pid}`

/**
 * Removes from a folder what programs of this machine that run no more left there: `marked` captures the mark of a name
 * that is temporary. What may not be removed stays.
 */
export async function removeAbandoned(directory: string, marked: RegExp): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    const [machine, pid] = marked.exec(name)?.[1].split('-') ?? []
    if (machine !== ownMark.split('-')[0] || isAlive(Number(pid))) continue
    await rm(join(directory, name), { recursive: true, force: true }).catch(() => undefined)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}
