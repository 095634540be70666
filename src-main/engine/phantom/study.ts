import { randomBytes } from 'node:crypto'
import { access, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { UmbraError } from '@contract'
import { partOfRun, stopIfCancelled, type Run } from '../compute/run'
import { writeFailure } from '../files/atomic'
import { classicEncoder, type DicomPiece } from './dicom/classic'
import { enhancedEncoder } from './dicom/enhanced'
import { makePhantom, type Phantom } from './phantom'
import { phantomOptions } from './options'
import { frameRenderer } from './render'
import { writeTruth } from './truth'

export interface StudyWriteOptions {
  /** Put the new `dicom` and `truth` in the place of those in a folder that is not empty; the rest of it stays. */
  replace?: boolean
}

/**
 * Writes a phantom as a folder: `dicom/` in the vendor's style and `truth/` beside it. They appear under their names
 * only when both are whole; when the run is cancelled or the disk is full, nothing is left. Throws `folder-in-use` for
 * a folder that has something in it, `write-failed` otherwise. Resolves to the number of DICOM files.
 */
export async function writePhantomStudy(
  phantom: Phantom,
  directory: string,
  run: Run = {},
  options: StudyWriteOptions = {},
): Promise<number> {
  const target = resolve(directory)
  const occupied = await occupation(target)
  if (occupied === 'full' && !options.replace) {
    throw new UmbraError({
      code: 'folder-in-use',
      message: 'The folder is not empty.',
      hint: 'Choose another folder, or replace the phantom in this one (umbra phantom --force).',
      where: target,
    })
  }
  if (occupied === 'full') await refuseForeignStudy(target)
  // A folder that exists may be a mount point or somebody's working directory: it stays, its parts are put in.
  const [parent, name] = occupied === 'free' ? [dirname(target), basename(target)] : [target, 'phantom']
  const unfinished = join(parent, `.${name}.${randomBytes(6).toString('hex')}.part`)
  try {
    await mkdir(unfinished, { recursive: true })
    const files = await writeDicom(phantom, join(unfinished, 'dicom'), partOfRun(run, 0, 0.85))
    await writeTruth(phantom, join(unfinished, 'truth'), partOfRun(run, 0.85, 1))
    if (occupied === 'free') await rename(unfinished, target)
    else await moveParts(unfinished, target)
    return files
  } catch (thrown) {
    await rm(unfinished, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
    if (thrown instanceof UmbraError || (thrown as Error).name === 'AbortError') throw thrown
    if ((thrown as NodeJS.ErrnoException).code) throw writeFailure(thrown, target)
    throw thrown
  }
}

/** What stands at a path: nothing, an empty folder, or something to be kept. Throws for a file. */
async function occupation(path: string): Promise<'free' | 'empty' | 'full'> {
  try {
    return (await readdir(path)).length > 0 ? 'full' : 'empty'
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return 'free'
    throw writeFailure(thrown, path)
  }
}

/** A `dicom` folder without a phantom's truth beside it may be a patient's. */
async function refuseForeignStudy(target: string): Promise<void> {
  const names = await readdir(target)
  if (!names.includes('dicom') && !names.includes('truth')) return
  const ours = await access(join(target, 'truth', 'truth.json')).then(
    () => true,
    () => false,
  )
  if (ours) return
  throw new UmbraError({
    code: 'folder-in-use',
    message: 'The folder holds a study that no phantom was written to, and it is not replaced.',
    hint: 'Choose another folder.',
    where: target,
  })
}

async function moveParts(unfinished: string, target: string): Promise<void> {
  for (const part of ['dicom', 'truth']) {
    const old = join(unfinished, `old-${part}`)
    await rename(join(target, part), old).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== 'ENOENT') throw thrown
    })
    await rename(join(unfinished, part), join(target, part))
  }
  await rm(unfinished, { recursive: true, force: true })
}

/** Files written at the same time. */
const WRITERS = 8

async function writeDicom(phantom: Phantom, directory: string, run: Run): Promise<number> {
  const render = frameRenderer(phantom)
  const encode = phantom.options.vendor === 'canon' ? enhancedEncoder(phantom) : classicEncoder(phantom)
  const folders = new Set<string>()
  const paths = new Set<string>()
  for (let frame = 0; frame < phantom.frames; frame++) {
    stopIfCancelled(run)
    run.onProgress?.(frame / phantom.frames, 'DICOM')
    const pieces = encode(frame, render(frame))
    for (const { path } of pieces) paths.add(path)
    await addPieces(directory, pieces, folders)
  }
  return paths.size
}

async function addPieces(directory: string, pieces: DicomPiece[], folders: Set<string>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < pieces.length) {
      const piece = pieces[next++]
      const path = join(directory, ...piece.path.split('/'))
      const folder = dirname(path)
      if (!folders.has(folder)) {
        await mkdir(folder, { recursive: true })
        folders.add(folder)
      }
      const file = await open(path, 'a')
      try {
        for (const part of piece.parts) await file.writeFile(part)
      } finally {
        await file.close()
      }
    }
  }
  // All lanes end before a failure is passed on: nothing is written while the unfinished folder is taken away.
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(WRITERS, pieces.length) }, lane))
  for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason
}

/** The study of the demonstration: a head with a left middle cerebral infarct at a size that is quick to compute. */
export const demoOptions = phantomOptions({ lesion: 'mca-left:22+55', noise: 3, seed: 7 })

/** Patients of a demonstration of reading: a large infarct (the demonstration's), a small one on the other side, none. */
export const demoCases = [
  demoOptions,
  phantomOptions({ lesion: 'mca-right:6+45', noise: 4, seed: 21, vendor: 'siemens' }),
  phantomOptions({ lesion: 'none', noise: 3, seed: 35, vendor: 'philips' }),
]

/** Makes and writes the demonstration study, or another of its cases; `directory` must not exist, or be empty. */
export async function makeDemoStudy(directory: string, number = 0, run: Run = {}): Promise<void> {
  const phantom = await makePhantom(demoCases[number], partOfRun(run, 0, 0.3))
  await writePhantomStudy(phantom, directory, partOfRun(run, 0.3, 1))
}
