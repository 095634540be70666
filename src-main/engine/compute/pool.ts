import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import workerpool from 'workerpool'
import { stopIfCancelled, unlessCancelled, type Run } from './run'

/** Workers of one kind over shared memory. Tasks are small (a slice, a file), so cancelling means not sending more. */
export interface WorkerPool {
  readonly size: number
  /** Runs `method` of the worker. Arguments are cloned, except SharedArrayBuffers, which are shared. */
  call<T>(method: string, ...args: unknown[]): Promise<T>
  close(): Promise<void>
}

export function coreCount(): number {
  return typeof availableParallelism === 'function' ? availableParallelism() : cpus().length
}

/**
 * How long a worker may go on with what it does when its pool is closed, ms. It leaves nothing behind: those that write files
 * are waited for before.
 */
export const LAST_WORDS_MS = 50

/** Where the bundled worker `<name>.worker.js` lies: beside the running program, or where the tests built it. */
export function workerPath(name: string): string {
  return join(process.env.UMBRA_WORKERS ?? __dirname, `${name}.worker.js`)
}

/** Where the bundled program `<name>.process.js` lies, which runs in a process of its own. */
export function processPath(name: string): string {
  return join(process.env.UMBRA_WORKERS ?? __dirname, `${name}.process.js`)
}

/**
 * Opens a pool of `<name>.worker.ts`, whose file calls `workerpool.worker({ method: function })`. Workers start with
 * the first tasks and a worker that dies takes down only the tasks it held.
 */
export function openPool(name: string, size = coreCount()): WorkerPool {
  const pool = workerpool.pool(workerPath(name), {
    workerType: 'thread',
    maxWorkers: size,
    workerTerminateTimeout: LAST_WORDS_MS,
    // Decoders chatter on stdout, where a command prints its result: what workers print there is dropped.
    emitStdStreams: true,
    workerThreadOpts: { stdout: true, stderr: false },
  })
  return {
    size,
    call: <T>(method: string, ...args: unknown[]) =>
      new Promise<T>((resolve, reject) => pool.exec(method, args).then(resolve, reject)),
    close: async () => {
      await pool.terminate(true)
    },
  }
}

/**
 * Runs one call for each argument list, at most two per worker in flight, and resolves to the results in order.
 * Stops sending, and throws, when a call fails or the run is cancelled; calls in flight are then left to the pool, which
 * their caller closes. Those that write files are waited for: `atCancel` 'finish'.
 */
export async function callForEach<T>(
  pool: WorkerPool,
  method: string,
  tasks: unknown[][],
  run: Run = {},
  stage = '',
  atCancel: 'leave' | 'finish' = 'leave',
): Promise<T[]> {
  const results = new Array<T>(tasks.length)
  let next = 0
  let finished = 0
  const lane = async (): Promise<void> => {
    while (next < tasks.length) {
      stopIfCancelled(run)
      const index = next++
      const call = pool.call<T>(method, ...tasks[index])
      results[index] = await (atCancel === 'leave' ? unlessCancelled(run, call) : call)
      finished++
      run.onProgress?.(finished / tasks.length, stage)
    }
  }
  await Promise.all(Array.from({ length: Math.min(tasks.length, pool.size * 2) }, lane))
  stopIfCancelled(run)
  return results
}
