import { stopIfCancelled, type Run } from '../compute/run'

/** Work that must not run side by side: each takes all cores, or too much memory for two. */
export interface Lane {
  /** Runs `work` when everything before it has ended. A run cancelled while it waits ends at once. */
  enter<T>(run: Run, work: () => Promise<T>): Promise<T>
}

function cancelled(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve()
    signal?.addEventListener('abort', () => resolve(), { once: true })
  })
}

export function createLane(waitingStage: string): Lane {
  let last: Promise<unknown> = Promise.resolve()
  let inside = 0
  return {
    enter: (run, work) => {
      const before = last
      const mine = (async () => {
        if (inside++ > 0) run.onProgress?.(0, waitingStage)
        await Promise.race([before, cancelled(run.signal)])
        stopIfCancelled(run)
        return work()
      })().finally(() => inside--)
      last = Promise.allSettled([before, mine])
      return mine
    },
  }
}
