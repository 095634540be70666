import { problemOf, type LabelChoice, type Output, type Problem, type ReadingFormat } from '@contract'
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { useEngine } from '../engine/client'
import { upload } from '../engine/upload'
import { hostAddress } from '../engine/window'
import { useOpenReadingStore } from './openReading'
import { useReadingStore, type OwnedStudy } from './reading'

/** One reading, as a dialog names it. */
export interface ReadingName {
  readingId: string
  label: string
}

export type Exporting = ({ kind: 'reading' } & ReadingName) | { kind: 'study'; study: OwnedStudy }

/** What is under way, to be shown and stopped. */
export interface FileWork {
  stage: string
  progress: number
  cancel: () => void
}

export interface ExportChoice {
  directory: string
  formats: ReadingFormat[]
  identified: boolean
  /** Key of a rater; null: none. */
  reference: string | null
}

/** Readings out as files, and drawings made elsewhere in: which dialog is open, and what it has under way. */
export const useReadingFilesStore = defineStore('readingFiles', () => {
  const engine = useEngine()
  const room = useReadingStore()
  const open = useOpenReadingStore()

  const exporting = shallowRef<Exporting | null>(null)
  const importing = shallowRef<ReadingName | null>(null)
  const work = ref<FileWork | null>(null)
  const problem = shallowRef<Problem | null>(null)

  type Step = { signal: AbortSignal; onProgress: (of: { progress: number; stage: string }) => void }

  /** Runs work that can be stopped; null where it failed, which is the dialog's problem then, or was stopped. */
  async function perform<T>(step: (session: string, run: Step) => Promise<T>): Promise<T | null> {
    const { session } = room
    if (session === null || work.value !== null) return null
    const abort = new AbortController()
    problem.value = null
    work.value = { stage: '', progress: 0, cancel: () => abort.abort() }
    try {
      return await step(session, {
        signal: abort.signal,
        onProgress: ({ progress, stage }) => {
          if (work.value) Object.assign(work.value, { progress, stage })
        },
      })
    } catch (error) {
      const fault = problemOf(error)
      if (fault.code !== 'cancelled') problem.value = fault
      return null
    } finally {
      work.value = null
    }
  }

  function write(choice: ExportChoice): Promise<Output<'reading.exportStudy'> | null> {
    const asked = exporting.value
    const { reference, ...shared } = choice
    return perform(async (session, run) => {
      if (asked === null) throw new Error('Nothing is to be exported.')
      if (asked.kind === 'study') {
        const { studyId } = asked.study
        return engine.run('reading.exportStudy', { ...shared, session, studyId, reference }, run)
      }
      // What was drawn a moment ago belongs to it.
      if (open.reading?.readingId === asked.readingId) await open.save(open.reading.revision === 0)
      return engine.run('reading.exportReading', { ...shared, session, readingId: asked.readingId }, run)
    })
  }

  /** The paths of chosen files on the engine's machine; in a browser they are sent there first. */
  async function pathsOf(files: readonly File[], { signal, onProgress }: Step): Promise<string[]> {
    const shell = window.umbra
    if (shell) return files.map((file) => shell.pathOf(file))
    const host = hostAddress()
    if (!host) throw new Error('There is no host to send files to.')
    // Names as every file system takes them, so that they stay what is asked for.
    const named = files.map((file) => ({ file, path: file.name.replace(/[<>:"|?*\\/]/g, '_') }))
    const folder = await upload(host, named, {
      signal,
      onProgress: (progress, stage) => onProgress({ progress: progress / 2, stage }),
    })
    return named.map(({ path }) => `${folder}${folder.includes('\\') ? '\\' : '/'}${path}`)
  }

  /** What is in files of this computer, and where they lie for the import. */
  function inspect(
    files: readonly File[],
  ): Promise<{ paths: string[]; found: Output<'reading.inspectFiles'> } | null> {
    const { readingId } = importing.value ?? { readingId: '' }
    return perform(async (session, run) => {
      const paths = await pathsOf(files, run)
      return { paths, found: await engine.run('reading.inspectFiles', { session, readingId, paths }, run) }
    })
  }

  /** Takes files over as a reading's drawing; one that is open here is closed for it and opened again. */
  async function take(
    paths: string[],
    choice: { labels: LabelChoice[]; resample: boolean; replace: boolean },
  ): Promise<Output<'reading.importFiles'> | null> {
    const { readingId } = importing.value ?? { readingId: '' }
    const wasOpen = open.reading?.readingId === readingId
    if (wasOpen) await open.close()
    const taken = await perform((session, run) =>
      engine.run('reading.importFiles', { session, readingId, paths, ...choice }, run),
    )
    if (wasOpen) await open.open(readingId)
    else if (taken) await room.refresh()
    return taken
  }

  return { exporting, importing, work, problem, write, inspect, take }
})
