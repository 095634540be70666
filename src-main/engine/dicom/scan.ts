import type { Catalogue } from '@contract'
import { stopIfCancelled, type Run } from '../compute/run'
import type { FileOutcome } from './read-file'
import type { ReaderPool } from './reader-pool'
import type { Instance, SourceFile } from './slices'

/** Files in one message to a worker: few enough to share the work, many enough for messages not to count. */
const batchSize = 32

export interface Scan {
  instances: Instance[]
  archives: SourceFile[]
  skipped: Catalogue['skipped']
}

/** Reads the headers of all files. A batch on which a worker hangs or dies is read again, one file at a time. */
export async function scanHeaders(files: readonly SourceFile[], pool: ReaderPool, run: Run): Promise<Scan> {
  const scan: Scan = { instances: [], archives: [], skipped: [] }
  const outcomes = new Array<FileOutcome>(files.length)
  let next = 0
  let done = 0
  const lane = async (): Promise<void> => {
    while (next < files.length) {
      stopIfCancelled(run)
      const start = next
      next += batchSize
      const batch = files.slice(start, start + batchSize).map((file) => file.path)
      const read = await pool.readHeaders(batch)
      read.forEach((outcome, index) => (outcomes[start + index] = outcome))
      done += batch.length
      run.onProgress?.(done / files.length, `Reading headers: ${done} of ${files.length} files`)
    }
  }
  await Promise.all(Array.from({ length: pool.size * 2 }, lane))
  stopIfCancelled(run)
  outcomes.forEach((outcome, index) => {
    const file = files[index]
    if ('header' in outcome) scan.instances.push({ file, header: outcome.header })
    else if ('archive' in outcome) scan.archives.push(file)
    else scan.skipped.push({ file: file.name, reason: outcome.skipped })
  })
  return scan
}
