import workerpool from 'workerpool'
import { coreCount, LAST_WORDS_MS, workerPath } from '../compute/pool'
import type { FileOutcome } from './read-file'
import type { ReadTask, TaskOutcome } from './read-pixels'

/** ms: the last line of defence. Damaged files are refused long before; only a worker that hangs meets it. */
const usualLimits = { file: 5_000, batch: 10_000, pixels: 120_000 }

/** MB: a header of a hundred thousand frames fits; a hostile one ends its worker, not the program. */
const heapLimit = 400

/**
 * The workers that touch untrusted bytes. One that hangs or dies is replaced, and the file it was at is named; the
 * others go on.
 */
export interface ReaderPool {
  readonly size: number
  readHeaders(paths: string[]): Promise<FileOutcome[]>
  readPixels(tasks: ReadTask[], target: SharedArrayBuffer): Promise<TaskOutcome[]>
  close(): Promise<void>
}

export function openReaderPool(size = coreCount(), limits = usualLimits): ReaderPool {
  const pool = workerpool.pool(workerPath('dicom'), {
    workerType: 'thread',
    maxWorkers: size,
    workerTerminateTimeout: LAST_WORDS_MS,
    // Decoders print; that must not reach the output of a command.
    emitStdStreams: true,
    workerThreadOpts: { resourceLimits: { maxOldGenerationSizeMb: heapLimit } },
  })
  const exec = <T>(method: string, limit: number, ...args: unknown[]): Promise<T> =>
    new Promise<T>((resolve, reject) => pool.exec(method, args).timeout(limit).then(resolve, reject))
  const alone = async (path: string): Promise<FileOutcome> => {
    try {
      return (await exec<FileOutcome[]>('readHeaders', limits.file, [path]))[0]
    } catch (thrown) {
      return { skipped: `Reading it ${wordsOf(thrown)}; the reader was restarted.` }
    }
  }
  const readers: ReaderPool = {
    size,
    readHeaders: async (paths) => {
      try {
        return await exec<FileOutcome[]>('readHeaders', limits.batch, paths)
      } catch {
        const outcomes: FileOutcome[] = []
        for (const path of paths) outcomes.push(await alone(path))
        return outcomes
      }
    },
    readPixels: async (tasks, target) => {
      try {
        return await exec<TaskOutcome[]>('readPixels', limits.pixels, tasks, target)
      } catch (thrown) {
        if (tasks.length === 1) {
          return [{ failed: { file: tasks[0].name, reason: `Reading it ${wordsOf(thrown)}.` } }]
        }
      }
      // One by one, so that the right file is named.
      const outcomes: TaskOutcome[] = []
      for (const task of tasks) outcomes.push(...(await readers.readPixels([task], target)))
      return outcomes
    },
    close: async () => {
      await pool.terminate(true)
    },
  }
  return readers
}

function wordsOf(thrown: unknown): string {
  const hung = thrown instanceof Error && thrown.name === 'TimeoutError'
  return hung ? 'took too long' : 'ended the reader (it may be damaged or too large for memory)'
}
