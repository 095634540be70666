import { UmbraError } from '@contract'
import type { Run } from '../engine/compute/run'
import { printable } from './terminal'

const UPDATES_PER_SECOND = 10
const PLAIN_STAGE_EVERY_MS = 1000
const PLAIN_LINE_EVERY_MS = 5000

/** What `withProgress` needs of stderr, so that a test can stand in for a terminal. */
export interface ProgressOutput {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

interface ProgressLine {
  show(progress: number, stage: string): void
  end(): void
}

/** One line that is written over, for a terminal. */
function updatingLine(title: string, output: ProgressOutput): ProgressLine {
  let shownAt = 0
  let shown = ''
  return {
    show(progress, stage) {
      const now = Date.now()
      if (now - shownAt < 1000 / UPDATES_PER_SECOND && progress < 1) return
      shownAt = now
      const percent = String(Math.floor(progress * 100)).padStart(3)
      const line = printable(`${title} ${percent} % ${stage}`).replace(/\s+$/, '')
      const text = line.slice(0, Math.max(20, (output.columns ?? 80) - 1))
      if (text === shown) return
      shown = text
      output.write(`\r\x1b[K${text}`)
    },
    end: () => {
      if (shown) output.write('\r\x1b[K')
    },
  }
}

/** A line for a new stage (short ones are passed over), and one every few seconds within it, for a log file. */
function plainLines(title: string, output: ProgressOutput): ProgressLine {
  let shownAt = 0
  let shownStage: string | null = null
  return {
    show(progress, stage) {
      const now = Date.now()
      const pause = stage === shownStage ? PLAIN_LINE_EVERY_MS : PLAIN_STAGE_EVERY_MS
      if (now - shownAt < pause) return
      shownAt = now
      shownStage = stage
      output.write(printable(`${title} ${Math.floor(progress * 100)} % ${stage}`).trimEnd() + '\n')
    },
    end: () => undefined,
  }
}

/**
 * Runs long work of a command with its progress on stderr: one updating line on a terminal, plain lines otherwise.
 * Ctrl-C aborts `run.signal` and rejects with `cancelled` (exit code 130) once the work has stopped cleanly; a second
 * Ctrl-C ends the program at once.
 */
export async function withProgress<T>(
  title: string,
  work: (run: Run) => Promise<T>,
  output: ProgressOutput = process.stderr,
): Promise<T> {
  const abort = new AbortController()
  const interrupt = (): void => {
    if (abort.signal.aborted) process.exit(130)
    output.write('\nStopping (Ctrl-C again to end at once)\n')
    abort.abort()
  }
  const line = output.isTTY ? updatingLine(title, output) : plainLines(title, output)
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    return await work({ signal: abort.signal, onProgress: (progress, stage) => line.show(progress, stage) })
  } catch (thrown) {
    if (abort.signal.aborted) throw new UmbraError({ code: 'cancelled', message: 'Cancelled.' })
    throw thrown
  } finally {
    line.end()
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}
