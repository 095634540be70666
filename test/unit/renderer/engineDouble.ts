import { ref, shallowRef } from 'vue'
import type { Input, Job, LongMethod, MethodName, Output, Problem } from '@contract'
import type { EngineClient, EngineState } from '../../../src-renderer/engine/client'

type Answers = { [M in MethodName]?: (params: Input<M>) => Output<M> | Promise<Output<M>> }

/** An engine whose answers the test writes; what is not written is refused, so that nothing is asked unnoticed. */
export function engineWith(answers: Answers): EngineClient & {
  tell(job: Job): void
  becomeReady(): void
  asked: [MethodName, unknown][]
} {
  const jobListeners = new Set<(job: Job) => void>()
  const readyListeners = new Set<() => void>()
  const asked: [MethodName, unknown][] = []
  const state = ref<EngineState>('connecting')
  const answer = async <M extends MethodName>(method: M, params: Input<M>): Promise<Output<M>> => {
    asked.push([method, params])
    const found = answers[method]
    if (!found) throw new Error(`${method} was not expected`)
    return found(params)
  }
  return {
    asked,
    state,
    problem: shallowRef<Problem | null>(null),
    call: answer,
    run: <M extends LongMethod>(method: M, params: Input<M>) => answer(method, params),
    readVoxels: () => Promise.reject(new Error('no voxels here')),
    onJob: (listener) => {
      jobListeners.add(listener)
      return () => jobListeners.delete(listener)
    },
    onReady: (listener) => {
      readyListeners.add(listener)
      return () => readyListeners.delete(listener)
    },
    close: () => undefined,
    tell: (job) => jobListeners.forEach((listener) => listener(job)),
    becomeReady: () => {
      state.value = 'ready'
      readyListeners.forEach((listener) => listener())
    },
  }
}

export const jobOf = (change: Partial<Job>): Job => ({
  id: 'job-1',
  method: 'study.open',
  title: 'Open study',
  state: 'running',
  progress: 0,
  stage: '',
  startedAt: '2026-11-03T10:00:00.000Z',
  endedAt: null,
  log: [],
  error: null,
  ...change,
})

/** What a browser keeps; in memory. */
export function memoryStorage(start: Record<string, string> = {}): Storage {
  const entries = new Map(Object.entries(start))
  return {
    get length() {
      return entries.size
    },
    clear: () => entries.clear(),
    getItem: (key) => entries.get(key) ?? null,
    key: (index) => [...entries.keys()][index] ?? null,
    removeItem: (key) => void entries.delete(key),
    setItem: (key, value) => void entries.set(key, value),
  }
}
