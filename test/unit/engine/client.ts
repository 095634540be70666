import type { Engine } from '../../../src-main/engine/engine'
import { methods, type Input, type Job, type LongMethod, type Output, type QuickMethod } from '@contract'

/** Asks the engine as a page does, and holds every answer against the contract. */
export function clientOf(engine: Engine): {
  call<M extends QuickMethod>(method: M, params: Input<M>): Promise<Output<M>>
  start<M extends LongMethod>(method: M, params: Input<M>): Promise<string>
  ended(jobId: string): Promise<Job>
  run<M extends LongMethod>(method: M, params: Input<M>): Promise<Output<M>>
} {
  const jobs = new Map<string, Job>()
  const waiting = new Map<string, (job: Job) => void>()
  engine.subscribe(({ job }) => {
    if (job.state === 'running') return
    jobs.set(job.id, job)
    waiting.get(job.id)?.(job)
  })
  const ended = (jobId: string): Promise<Job> => {
    const already = jobs.get(jobId)
    return already ? Promise.resolve(already) : new Promise((resolve) => waiting.set(jobId, resolve))
  }
  const start = async (method: LongMethod, params: unknown): Promise<string> =>
    ((await engine.request(method, params)) as { jobId: string }).jobId
  return {
    call: async <M extends QuickMethod>(method: M, params: Input<M>) =>
      methods[method].out.parse(await engine.request(method, params)) as Output<M>,
    start,
    ended,
    run: async <M extends LongMethod>(method: M, params: Input<M>) => {
      const job = await ended(await start(method, params))
      if (job.state !== 'done') throw Object.assign(new Error(job.error?.message ?? job.state), job.error)
      return methods[method].out.parse(job.result) as Output<M>
    },
  }
}
