import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { existsSync } from 'node:fs'
import { UmbraError, type BackendChoice, type PipelineSettings } from '@contract'
import type { Run } from '../engine/compute/run'
import { openQueue, refuseInside, runStudy, type ArtefactStore } from '../engine/pipeline'
import { withProgress } from './progress'
import { studyLine } from './studyLine'
import { printable } from './terminal'

interface Watch {
  folder: string
  directory: string
  settings: PipelineSettings
  store: ArtefactStore | null
  backend: BackendChoice
  settlingMs: number
}

const QUEUE_FILE = 'queue.json'

/**
 * Takes the studies of a folder as they come and runs them one at a time, until it is interrupted: the study in work is
 * then given up and taken again at the next start. What is done stands in `queue.json` in the results' folder.
 */
export async function watchFolder({ folder, directory, settlingMs, ...request }: Watch): Promise<void> {
  if (!existsSync(folder)) {
    throw new UmbraError({ code: 'not-found', message: 'There is no such folder.', where: folder })
  }
  refuseInside(folder, directory)
  await mkdir(directory, { recursive: true })
  const tell = (line: string): void => void process.stderr.write(`${printable(line)}\n`)
  await withProgress('Watch', async (run) => {
    const queue = openQueue({
      path: join(directory, QUEUE_FILE),
      report: ({ message }) => tell(message),
      settlingMs,
      lookEveryMs: Math.min(5000, Math.max(200, settlingMs / 2)),
      perform: async ({ study, paths, directory: place }) => {
        tell(`${study}: taken`)
        const each: Run = {
          signal: run.signal,
          onProgress: (progress, stage) => run.onProgress?.(progress, `${study} ${stage}`),
        }
        const { row } = await runStudy({ ...request, study, paths, directory: join(place, study) }, each)
        tell(studyLine(row))
        return row
      },
    })
    const other = await queue.elsewhere()
    if (other !== null) {
      throw new UmbraError({
        code: 'queue-elsewhere',
        message: `The results of a watched folder are written there already by another Umbra (${other}).`,
        hint: 'End that program first, or write to another folder.',
        where: directory,
      })
    }
    // Closed in the turn of the interrupt, so that the study in work is known to be given up with the program.
    const closed = new Promise<void>((resolve) => {
      const close = (): void => resolve(queue.close())
      if (run.signal?.aborted) close()
      run.signal?.addEventListener('abort', close, { once: true })
    })
    tell(`Watching ${folder} (Ctrl-C stops)`)
    await queue.watch({ folder, directory })
    await closed
  })
}
