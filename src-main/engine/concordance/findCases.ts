import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UmbraError, type Reading } from '@contract'
import { segmentationUids } from '../dicom'
import { isDicom } from '../segmentation'

/** A case and the file of each reading, relative to its folder; null where it has none. */
export interface FoundCase {
  name: string
  /** [reading] */
  files: (string | null)[]
}

interface Entry {
  /** Relative to the folder of the reading. */
  file: string
  stem: string
  /** UIDs that the file gives: of its instance's study, and of the series it was drawn on. */
  uids: string[]
}

/**
 * The cases of all readings: files with the same name (without .nii, .nii.gz, .dcm), or DICOM segmentations drawn on the
 * same series or study. A subfolder with one drawing in it is a case by the name of the folder. `notes` name files left
 * out. Throws `not-found` for a folder that is missing, `no-cases` for one without drawings, and `two-files` where a
 * folder has two for one case.
 */
export async function findCases(
  readings: readonly Reading[],
): Promise<{ cases: FoundCase[]; notes: string[] }> {
  const notes: string[] = []
  const cases: (FoundCase & { keys: Set<string> })[] = []
  const listed = []
  for (const reading of readings) listed.push(await entriesOf(reading, notes))
  notes.push(...(await sameFolders(readings)))
  // Names go before UIDs: a file whose name is another's UID in the same reading stays what its name says.
  for (const [r, entries] of listed.entries()) {
    const { name, directory } = readings[r]
    for (const entry of entries) {
      const known =
        cases.find((found) => found.name === entry.stem) ??
        cases.find(({ keys }) => keys.has(entry.stem) || entry.uids.some((uid) => keys.has(uid)))
      if (!known) {
        const files = readings.map((_, other) => (other === r ? entry.file : null))
        cases.push({ name: entry.stem, files, keys: new Set([entry.stem, ...entry.uids]) })
        continue
      }
      const before = known.files[r]
      if (before !== null) {
        throw new UmbraError({
          code: 'two-files',
          message: `${name} has two files for the case ${known.name}: ${before} and ${entry.file}.`,
          hint: 'Leave one file a case in the folder.',
          where: directory,
        })
      }
      known.files[r] = entry.file
      for (const key of [entry.stem, ...entry.uids]) known.keys.add(key)
    }
  }
  const byName = new Intl.Collator('en', { numeric: true })
  return {
    cases: cases
      .map(({ name, files }) => ({ name, files }))
      .sort((a, b) => byName.compare(a.name, b.name) || (a.name < b.name ? -1 : 1)),
    notes,
  }
}

async function entriesOf({ name, directory }: Reading, notes: string[]): Promise<Entry[]> {
  const refuse = (code: string, message: string, hint: string): UmbraError =>
    new UmbraError({ code, message, hint, where: directory })
  if (!(await isFolder(directory))) {
    throw refuse('not-found', `There is no such folder for ${name}.`, 'Check the path.')
  }
  const entries: Entry[] = []
  for (const file of await visible(directory)) {
    const path = join(directory, file)
    if (!(await isFolder(path))) {
      const entry = await entryOf(directory, file, stemOf(file))
      if (entry) entries.push(entry)
      else notes.push(`${name}: ${file} is no NIfTI or DICOM file and was left out.`)
      continue
    }
    const inner = []
    for (const child of await visible(path)) {
      if (!(await isFolder(join(path, child)))) inner.push(await entryOf(directory, join(file, child), file))
    }
    const drawings = inner.filter((entry): entry is Entry => entry !== null)
    if (drawings.length === 0) notes.push(`${name}: the folder ${file} has no drawing and was left out.`)
    entries.push(...drawings)
  }
  if (entries.length === 0) {
    throw refuse(
      'no-cases',
      `The folder of ${name} has no NIfTI or DICOM file.`,
      'Put one file a case there.',
    )
  }
  return entries
}

/** A link that leads nowhere is a file: one that bears the name of a drawing is refused when it is read. */
const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )

/** Readings that are one folder agree with themselves: somebody may have meant another. */
async function sameFolders(readings: readonly Reading[]): Promise<string[]> {
  const places = await Promise.all(readings.map(({ directory }) => realpath(directory)))
  return places.flatMap((place, r) => {
    const before = places.indexOf(place)
    return before < r ? [`${readings[before].name} and ${readings[r].name} are the same folder.`] : []
  })
}

async function visible(directory: string): Promise<string[]> {
  const names = await readdir(directory)
  return names.filter((name) => !name.startsWith('.')).sort()
}

async function entryOf(directory: string, file: string, stem: string): Promise<Entry | null> {
  if (/\.nii(\.gz)?$/i.test(file)) return { file, stem, uids: [] }
  const path = join(directory, file)
  if (!(await isDicom(path))) return /\.dcm$/i.test(file) ? { file, stem, uids: [] } : null
  return { file, stem, uids: segmentationUids(path) }
}

/** The name of a file without what says its format. */
export function stemOf(file: string): string {
  return file.replace(/\.nii(\.gz)?$|\.dcm$/i, '')
}
