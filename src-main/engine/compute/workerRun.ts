import workerpool from 'workerpool'
import { problemOf, UmbraError, type Problem } from '@contract'
import { workerPath } from './pool'
import { stopIfCancelled, type Run } from './run'

interface Report {
  progress: number
  stage: string
}

/**
 * Runs one long call of `<name>.worker.ts` in a worker of its own, so that the engine goes on answering, with progress
 * and cancel. The worker's method is made by `longCall`. Throws what it throws: an UmbraError, or an AbortError once
 * the run was cancelled and the call has put its things in order.
 */
export async function runInWorker(name: string, method: string, args: unknown[], run: Run): Promise<void> {
  stopIfCancelled(run)
  const cancelled = new SharedArrayBuffer(4)
  const cancel = (): void => void Atomics.store(new Int32Array(cancelled), 0, 1)
  run.signal?.addEventListener('abort', cancel, { once: true })
  const pool = workerpool.pool(workerPath(name), { workerType: 'thread', maxWorkers: 1 })
  try {
    const on = ({ progress, stage }: Report): void => run.onProgress?.(progress, stage)
    const problem = (await pool.exec(method, [cancelled, ...args], { on })) as Problem | null
    if (problem === null) return
    stopIfCancelled(run)
    throw new UmbraError(problem)
  } finally {
    run.signal?.removeEventListener('abort', cancel)
    await pool.terminate(true)
  }
}

/**
 * The worker's side of `runInWorker`: `work` reports its progress to the engine and is cancelled from there; it learns
 * of that when it reports. Resolves to why it failed, or null.
 */
export function longCall<A extends unknown[]>(
  work: (run: Run, ...args: A) => Promise<void>,
): (cancelled: SharedArrayBuffer, ...args: A) => Promise<Problem | null> {
  return async (cancelled, ...args) => {
    const abort = new AbortController()
    const flag = new Int32Array(cancelled)
    const onProgress = (progress: number, stage: string): void => {
      workerpool.workerEmit({ progress, stage } satisfies Report)
      if (Atomics.load(flag, 0) === 1) abort.abort()
    }
    return work({ signal: abort.signal, onProgress }, ...args).then(() => null, problemOf)
  }
}
