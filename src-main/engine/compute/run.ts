/** How a long computation is watched and stopped. `progress` is 0..1; `stage` is words for a person. */
export interface Run {
  signal?: AbortSignal
  onProgress?: (progress: number, stage: string) => void
}

/** The part [from, to] of a run's progress bar, for a step inside it. */
export function partOfRun(run: Run, from: number, to: number): Run {
  return {
    signal: run.signal,
    onProgress: (progress, stage) => run.onProgress?.(from + (to - from) * progress, stage),
  }
}

/** Throws an AbortError when the run was cancelled. */
export function stopIfCancelled(run: Run): void {
  run.signal?.throwIfAborted()
}

/** What work comes to; an AbortError as soon as the run is cancelled, whatever the work does then. */
export async function unlessCancelled<T>(run: Run, work: Promise<T>): Promise<T> {
  const { signal } = run
  if (!signal) return work
  let cancel = (): void => undefined
  const cancelled = new Promise<void>((resolve) => {
    cancel = resolve
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', cancel, { once: true })
  })
  try {
    await Promise.race([work, cancelled])
    signal.throwIfAborted()
    return await work
  } finally {
    signal.removeEventListener('abort', cancel)
    // Nobody waits for what is left of it.
    work.catch(() => undefined)
  }
}

/** Lets what waits come to its turn, such as a person's Ctrl-C, between two long computations; then `stopIfCancelled`. */
export async function nextTurn(run: Run): Promise<void> {
  await new Promise(setImmediate)
  stopIfCancelled(run)
}
