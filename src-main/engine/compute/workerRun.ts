import workerpool from 'workerpool'
import { problemOf, UmbraError, type Problem } from '@contract'
import { LAST_WORDS_MS, openPool, workerPath } from './pool'
import { stopIfCancelled, unlessCancelled, type Run } from './run'

interface Report {
  progress: number
  stage: string
}

/** What a long call came to. */
type Ended<T> = { value: T } | { problem: Problem }

/**
 * Runs one call of `<name>.worker.ts` in a worker of its own, which is ended at once when the run is cancelled: for work
 * that leaves nothing behind. Throws what it throws, or an AbortError.
 */
export async function callInWorker<T>(name: string, method: string, args: unknown[], run: Run): Promise<T> {
  stopIfCancelled(run)
  const pool = openPool(name, 1)
  try {
    return await unlessCancelled(run, pool.call<T>(method, ...args))
  } finally {
    await pool.close()
  }
}

/**
 * Runs one long call of `<name>.worker.ts` in a worker of its own, so that the engine goes on answering, with progress
 * and cancel. The worker's method is made by `longCall`. Throws what it throws: an UmbraError, or an AbortError once
 * the run was cancelled and the call has put its things in order (`atCancel` 'finish'), or at once where what it leaves
 * is the caller's to clear away ('leave').
 */
export async function runInWorker<T = void>(
  name: string,
  method: string,
  args: unknown[],
  run: Run,
  atCancel: 'finish' | 'leave' = 'finish',
): Promise<T> {
  stopIfCancelled(run)
  const cancelled = new SharedArrayBuffer(4)
  const cancel = (): void => void Atomics.store(new Int32Array(cancelled), 0, 1)
  run.signal?.addEventListener('abort', cancel, { once: true })
  const pool = workerpool.pool(workerPath(name), {
    workerType: 'thread',
    maxWorkers: 1,
    workerTerminateTimeout: LAST_WORDS_MS,
  })
  try {
    const on = ({ progress, stage }: Report): void => run.onProgress?.(progress, stage)
    const call = new Promise<Ended<T>>((resolve, reject) =>
      pool.exec(method, [cancelled, ...args], { on }).then((ended) => resolve(ended as Ended<T>), reject),
    )
    const ended = await (atCancel === 'leave' ? unlessCancelled(run, call) : call)
    if ('value' in ended) return ended.value
    stopIfCancelled(run)
    throw new UmbraError(ended.problem)
  } finally {
    run.signal?.removeEventListener('abort', cancel)
    await pool.terminate(true)
  }
}

/**
 * The worker's side of `runInWorker`: `work` reports its progress to the engine and is cancelled from there; it learns
 * of that when it reports.
 */
export function longCall<A extends unknown[], T>(
  work: (run: Run, ...args: A) => Promise<T>,
): (cancelled: SharedArrayBuffer, ...args: A) => Promise<Ended<T>> {
  return async (cancelled, ...args) => {
    const abort = new AbortController()
    const flag = new Int32Array(cancelled)
    const onProgress = (progress: number, stage: string): void => {
      workerpool.workerEmit({ progress, stage } satisfies Report)
      if (Atomics.load(flag, 0) === 1) abort.abort()
    }
    return work({ signal: abort.signal, onProgress }, ...args).then(
      (value) => ({ value }),
      (thrown: unknown) => ({ problem: problemOf(thrown) }),
    )
  }
}
