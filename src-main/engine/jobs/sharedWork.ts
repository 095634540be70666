import type { Run } from '../compute/run'

/** Work by key that several runs may wait for at once: it is done once, and stopped when nobody waits any more. */
export interface SharedWork<T> {
  join(key: string, run: Run, work: (run: Run) => Promise<T>): Promise<T>
}

interface Underway<T> {
  result: Promise<T>
  abort: AbortController
  waiting: Set<Run>
}

export function createSharedWork<T>(): SharedWork<T> {
  const underway = new Map<string, Underway<T>>()

  function begin(key: string, work: (run: Run) => Promise<T>): Underway<T> {
    const abort = new AbortController()
    const waiting = new Set<Run>()
    const onProgress = (progress: number, stage: string): void => {
      for (const run of waiting) run.onProgress?.(progress, stage)
    }
    const forget = (): void => {
      if (underway.get(key) === entry) underway.delete(key)
    }
    const result = work({ signal: abort.signal, onProgress }).finally(forget)
    const entry: Underway<T> = { result, abort, waiting }
    result.catch(() => undefined)
    underway.set(key, entry)
    return entry
  }

  return {
    join: (key, run, work) =>
      new Promise<T>((resolve, reject) => {
        run.signal?.throwIfAborted()
        const entry = underway.get(key) ?? begin(key, work)
        entry.waiting.add(run)
        const leave = (): void => {
          entry.waiting.delete(run)
          reject(run.signal?.reason as Error)
          if (entry.waiting.size > 0) return
          underway.delete(key)
          entry.abort.abort()
        }
        run.signal?.addEventListener('abort', leave, { once: true })
        entry.result.then(resolve, reject).finally(() => {
          entry.waiting.delete(run)
          run.signal?.removeEventListener('abort', leave)
        })
      }),
  }
}
