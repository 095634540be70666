import type { CohortRow } from '@contract'

/** What a study of several came to, on one line. */
export function studyLine({ study, state, reason, seconds, coreMl, hypoperfusionMl }: CohortRow): string {
  const volumes =
    coreMl === null || hypoperfusionMl === null
      ? ''
      : `. Core ${coreMl.toFixed(1)} ml, hypoperfusion ${hypoperfusionMl.toFixed(1)} ml`
  return `${study}: ${state} in ${seconds.toFixed(1)} s${volumes}${reason ? `. ${reason}` : ''}`
}
