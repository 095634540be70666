import { useEngine } from '../engine/client'
import { useJobsStore } from '../stores/jobs'
import { useLayoutStore } from '../stores/layout'
import { useStudyStore } from '../stores/study'

/**
 * `window.__umbraTest`: named functions by which an end-to-end test reads what the screen stands on. They return plain
 * copies and change nothing. Other rooms add theirs with `addTestProbe` (the Review room: the values under the probe).
 */
export function addTestProbe(name: string, read: (...args: never[]) => unknown): void {
  window.__umbraTest = { ...window.__umbraTest, [name]: read }
}

export function exposeTestProbe(): void {
  addTestProbe('engine', () => useEngine().state.value)
  addTestProbe('room', () => useLayoutStore().room)
  addTestProbe('seriesKey', () => useStudyStore().seriesKey)
  addTestProbe('jobs', () =>
    useJobsStore().jobs.map(({ method, state, progress }) => ({ method, state, progress })),
  )
}
