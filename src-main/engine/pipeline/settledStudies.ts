import { createHash } from 'node:crypto'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { studiesIn, type StudyTask } from './cohort'

export interface SettledStudy extends StudyTask {
  /** Of the names, sizes and times of its files. */
  fingerprint: string
}

/** Looks for studies that have stopped changing. */
export interface SettledStudies {
  /** Those whose files were the same for the settling time; `known` are left out where nothing has changed. */
  look(known: ReadonlyMap<string, string>): Promise<SettledStudy[]>
}

/** The names, sizes and times of the files under a path; null where there is none, or it went away meanwhile. */
async function fingerprintOf(path: string): Promise<string | null> {
  const lines: string[] = []
  const visit = async (place: string): Promise<void> => {
    const about = await lstat(place)
    if (about.isFile()) lines.push(`${place} ${about.size} ${about.mtimeMs}`)
    if (!about.isDirectory()) return
    for (const name of (await readdir(place)).sort()) await visit(join(place, name))
  }
  try {
    await visit(path)
  } catch {
    return null
  }
  return lines.length > 0 ? createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 32) : null
}

/**
 * Watches a folder by looking at it: every folder and zip file in it is a study, taken when two looks at least
 * `settlingMs` apart find the same files of the same sizes and times, so that none is read while it is being copied.
 * Nothing but the file system is asked, so it may be a share as well as a disk.
 */
export function createSettledStudies(
  folder: string,
  settlingMs: number,
  clock: () => number = Date.now,
): SettledStudies {
  const seen = new Map<string, { fingerprint: string; since: number }>()
  return {
    look: async (known) => {
      const settled: SettledStudy[] = []
      for (const task of await studiesIn(folder)) {
        const [path] = task.paths
        const fingerprint = await fingerprintOf(path)
        if (fingerprint === null || known.get(path) === fingerprint) continue
        const before = seen.get(path)
        if (before?.fingerprint !== fingerprint) seen.set(path, { fingerprint, since: clock() })
        else if (clock() - before.since >= settlingMs) settled.push({ ...task, fingerprint })
      }
      return settled
    },
  }
}
