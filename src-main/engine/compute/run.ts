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
