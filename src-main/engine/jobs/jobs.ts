import { randomUUID } from 'node:crypto'
import { problemOf, UmbraError, type Job } from '@contract'
import type { Run } from '../compute/run'

const PROGRESS_EVERY_MS = 100
const ENDED_JOBS_KEPT = 50
const LOG_LINES_KEPT = 500

/** A run that also keeps a log for the person who watches the job. */
export interface JobRun extends Run {
  signal: AbortSignal
  onProgress: (progress: number, stage: string) => void
  log(text: string): void
}

export interface JobRequest<T> {
  method: string
  title: string
  /** Jobs of one key are the same work: while one runs, asking again joins it. */
  key?: string
  work(run: JobRun): Promise<T>
}

export interface Jobs {
  /** Starts the work after the current turn, so that its id is answered before its first event. */
  start<T>(request: JobRequest<T>): Job
  /** The newest first; ended jobs are kept for a reloaded window until they are cleared. */
  list(): Job[]
  cancel(jobId: string): void
  /** Cancels the running jobs of these methods, except the one with this key. */
  cancelOthers(methods: string[], key: string): void
  /** Resolves with the job when it has ended. */
  ended(jobId: string): Promise<Job>
  /** Forgets the jobs that have ended. */
  clear(): void
  /** Cancels all and waits until every one has stopped. */
  close(): Promise<void>
}

interface Entry {
  job: Job
  key: string | undefined
  abort: AbortController
  ended: Promise<void>
}

/** Long work with progress, cancel and log. `publish` is told of every start, change (at most ten a second) and end. */
export function createJobs(publish: (job: Job) => void): Jobs {
  const entries = new Map<string, Entry>()

  function running(): Entry[] {
    return [...entries.values()].filter((entry) => entry.job.state === 'running')
  }

  function forgetOldest(): void {
    const ended = [...entries.values()].filter((entry) => entry.job.state !== 'running')
    for (const entry of ended.slice(0, Math.max(0, ended.length - ENDED_JOBS_KEPT))) {
      entries.delete(entry.job.id)
    }
  }

  function start<T>(request: JobRequest<T>): Job {
    const same = running().find((entry) => request.key !== undefined && entry.key === request.key)
    if (same && !same.abort.signal.aborted) return same.job
    const job: Job = {
      id: randomUUID(),
      method: request.method,
      title: request.title,
      state: 'running',
      progress: 0,
      stage: '',
      startedAt: new Date().toISOString(),
      endedAt: null,
      log: [],
      error: null,
    }
    const abort = new AbortController()
    const ended = new Promise<void>((resolve) => setImmediate(resolve)).then(() =>
      perform(job, abort.signal, request, publish),
    )
    entries.set(job.id, { job, key: request.key, abort, ended })
    void ended.then(forgetOldest)
    return job
  }

  function entryOf(jobId: string): Entry {
    const entry = entries.get(jobId)
    if (entry) return entry
    throw new UmbraError({
      code: 'unknown-job',
      message: 'There is no such job.',
      hint: 'It may have ended and been cleared from the list.',
      where: jobId,
    })
  }

  return {
    start,
    list: () => [...entries.values()].map((entry) => entry.job).reverse(),
    cancel: (jobId) => entryOf(jobId).abort.abort(),
    cancelOthers: (methods, key) => {
      for (const entry of running()) {
        if (methods.includes(entry.job.method) && entry.key !== key) entry.abort.abort()
      }
    },
    ended: async (jobId) => {
      const entry = entryOf(jobId)
      await entry.ended
      return entry.job
    },
    clear: () => {
      for (const entry of [...entries.values()]) {
        if (entry.job.state !== 'running') entries.delete(entry.job.id)
      }
    },
    close: async () => {
      const open = running()
      for (const entry of open) entry.abort.abort()
      await Promise.all(open.map((entry) => entry.ended))
    },
  }
}

/** Runs the work and writes its course into the job. Never throws: what goes wrong is the job's error. */
async function perform<T>(
  job: Job,
  signal: AbortSignal,
  request: JobRequest<T>,
  publish: (job: Job) => void,
): Promise<void> {
  let publishedAt = 0
  const log = (text: string): void => {
    job.log.push({ time: new Date().toISOString(), text })
    if (job.log.length > LOG_LINES_KEPT) job.log.splice(0, job.log.length - LOG_LINES_KEPT)
  }
  const onProgress = (progress: number, stage: string): void => {
    if (job.state !== 'running') return
    if (stage !== job.stage && stage !== '') log(stage)
    job.progress = Math.min(1, Math.max(0, Number.isFinite(progress) ? progress : 0))
    job.stage = stage
    const now = Date.now()
    if (now - publishedAt < PROGRESS_EVERY_MS) return
    publishedAt = now
    publish(job)
  }
  const end = (state: Job['state']): void => {
    job.state = state
    job.endedAt = new Date().toISOString()
    publish(job)
  }

  publish(job)
  try {
    signal.throwIfAborted()
    job.result = await request.work({ signal, onProgress, log })
    job.progress = 1
    end('done')
  } catch (thrown) {
    if (signal.aborted) {
      log('Cancelled.')
      end('cancelled')
      return
    }
    job.error = problemOf(thrown)
    log(job.error.message)
    if (job.error.code === 'internal' && thrown instanceof Error) log(thrown.stack ?? thrown.message)
    end('failed')
  }
}
