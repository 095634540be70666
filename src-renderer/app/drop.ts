import type { DesktopShell } from '@contract'
import type { UploadFile } from '../engine/upload'

/** Paths of dropped files and folders, as only the desktop window knows them. */
export function droppedPaths(transfer: DataTransfer, shell: DesktopShell): string[] {
  return [...transfer.files].map((file) => shell.pathOf(file)).filter((path) => path !== '')
}

/** What was dropped. To be called in the drop event itself: afterwards the browser has forgotten it. */
export function droppedEntries(transfer: DataTransfer): { entries: FileSystemEntry[]; files: File[] } {
  const entries: FileSystemEntry[] = []
  const files: File[] = []
  for (const item of [...transfer.items]) {
    if (item.kind !== 'file') continue
    const entry = item.webkitGetAsEntry()
    const file = entry ? null : item.getAsFile()
    if (entry) entries.push(entry)
    if (file) files.push(file)
  }
  return { entries, files }
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject))

/** All entries of a folder; the browser gives them a hundred at a time, until it gives none. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader()
  const all: FileSystemEntry[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    )
    if (some.length === 0) return all
    all.push(...some)
  }
}

/** Every file below the dropped entries, with its path. */
export async function filesBelow(entries: readonly FileSystemEntry[]): Promise<UploadFile[]> {
  const files: UploadFile[] = []
  const open = [...entries]
  for (let entry = open.shift(); entry; entry = open.shift()) {
    if (entry.isDirectory) open.push(...(await entriesOf(entry as FileSystemDirectoryEntry)))
    else {
      files.push({
        path: entry.fullPath.replace(/^\/+/, ''),
        file: await fileOf(entry as FileSystemFileEntry),
      })
    }
  }
  return files
}

/** Files of an `<input type="file">`, with the path below the folder that was chosen. */
export function filesOfInput(list: FileList): UploadFile[] {
  return [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file }))
}

/** The same files under paths that differ: two dropped folders may have the same name. */
export function withUniquePaths(files: readonly UploadFile[]): UploadFile[] {
  const taken = new Set<string>()
  return files.map(({ path, file }) => {
    let unique = path
    for (let copy = 2; taken.has(unique); copy++) unique = `${path} (${copy})`
    taken.add(unique)
    return { path: unique, file }
  })
}
