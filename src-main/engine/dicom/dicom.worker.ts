import workerpool from 'workerpool'
import { readFileHeader, type FileOutcome } from './read-file'
import { readPixels } from './read-pixels'

const buffer = Buffer.alloc(64 * 1024)

/** Headers of several files, in order. Never throws for a bad file. */
function readHeaders(paths: string[]): FileOutcome[] {
  return paths.map((path) => readFileHeader(path, buffer))
}

workerpool.worker({ readHeaders, readPixels })
