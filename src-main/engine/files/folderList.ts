import { readdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { UmbraError, type Output } from '@contract'

type FolderList = Output<'files.list'>
type Entry = FolderList['entries'][number]

/** The path that stands for all drives of a Windows machine. */
const ALL_DRIVES = ''
const STATS_AT_ONCE = 32

const reasons: Record<string, { code: string; message: string; hint: string }> = {
  ENOENT: {
    code: 'not-found',
    message: 'There is no such folder.',
    hint: 'It may have been moved or unplugged.',
  },
  ENOTDIR: { code: 'not-a-folder', message: 'This is a file.', hint: 'Choose the folder it lies in.' },
  EACCES: {
    code: 'not-allowed',
    message: 'Reading this folder is not allowed.',
    hint: 'Choose another folder.',
  },
  EPERM: {
    code: 'not-allowed',
    message: 'Reading this folder is not allowed.',
    hint: 'Choose another folder.',
  },
}

function refused(path: string, thrown: unknown): UmbraError {
  const error = thrown as NodeJS.ErrnoException
  const reason = reasons[error.code ?? ''] ?? {
    code: 'unreadable',
    message: error.message,
    hint: 'Choose another folder.',
  }
  return new UmbraError({ ...reason, where: path })
}

async function drives(): Promise<FolderList> {
  const names = Array.from({ length: 26 }, (_, index) => `${String.fromCharCode(65 + index)}:\\`)
  const present = await Promise.all(
    names.map((name) =>
      stat(name).then(
        () => true,
        () => false,
      ),
    ),
  )
  const entries = names
    .filter((_, index) => present[index])
    .map((name) => ({ name, path: name, directory: true, bytes: 0 }))
  return { path: ALL_DRIVES, parent: null, entries }
}

/** A file or folder, links followed; null where it cannot be reached or is neither. */
async function entryAt(folder: string, name: string): Promise<Entry | null> {
  const path = join(folder, name)
  try {
    const found = await stat(path)
    if (!found.isDirectory() && !found.isFile()) return null
    return { name, path, directory: found.isDirectory(), bytes: found.isFile() ? found.size : 0 }
  } catch {
    return null
  }
}

/**
 * The contents of a folder of this machine for a folder picker: folders first, by name with numbers in order, hidden
 * ones left out. `null` is the home folder; on Windows the parent of a drive lists all drives.
 */
export async function listFolder(path: string | null): Promise<FolderList> {
  if (path === ALL_DRIVES && process.platform === 'win32') return drives()
  const folder = path === null ? homedir() : path
  if (!isAbsolute(folder) || folder.includes('\0')) {
    throw new UmbraError({
      code: 'invalid-path',
      message: 'The path of a folder must be whole, from its root.',
      hint: process.platform === 'win32' ? 'For example C:\\Studies.' : 'For example /data/studies.',
      where: folder,
    })
  }
  const whole = resolve(folder)
  const names = await readdir(whole).catch((thrown) => {
    throw refused(whole, thrown)
  })
  const visible = names.filter((name) => !name.startsWith('.') && !name.startsWith('$'))
  const entries: Entry[] = []
  for (let start = 0; start < visible.length; start += STATS_AT_ONCE) {
    const found = await Promise.all(
      visible.slice(start, start + STATS_AT_ONCE).map((name) => entryAt(whole, name)),
    )
    for (const entry of found) if (entry) entries.push(entry)
  }
  const order = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })
  entries.sort(
    (left, right) => Number(right.directory) - Number(left.directory) || order.compare(left.name, right.name),
  )
  const above = dirname(whole)
  const parent = above !== whole ? above : process.platform === 'win32' ? ALL_DRIVES : null
  return { path: whole, parent, entries }
}
