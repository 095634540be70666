import { describe, expect, it } from 'vitest'
import { jobSchema, UmbraError, type Job } from '@contract'
import { createJobs, createLane, createSharedWork } from '../../../src-main/engine/jobs'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function recordedJobs(): { jobs: ReturnType<typeof createJobs>; events: Job[] } {
  const events: Job[] = []
  return { events, jobs: createJobs((job) => events.push(JSON.parse(JSON.stringify(job)) as Job)) }
}

describe('a job', () => {
  it('is answered before its first event, then runs to its result', async () => {
    const { jobs, events } = recordedJobs()
    const { id } = jobs.start({
      method: 'study.open',
      title: 'Open study',
      work: async () => ({ answer: 42 }),
    })
    expect(events).toEqual([])
    const ended = await jobs.ended(id)
    expect(ended).toMatchObject({ state: 'done', progress: 1, result: { answer: 42 }, error: null })
    expect(events.map((event) => event.state)).toEqual(['running', 'done'])
    expect(events.every((event) => jobSchema.safeParse(event).success)).toBe(true)
  })

  it('tells its progress at most about ten times a second, and logs every stage once', async () => {
    const { jobs, events } = recordedJobs()
    const { id } = jobs.start({
      method: 'maps.compute',
      title: 'Maps',
      work: async (run) => {
        for (let step = 0; step <= 300; step++) {
          run.onProgress(step / 300, step < 150 ? 'mask' : 'fitting')
          await pause(1)
        }
      },
    })
    const started = Date.now()
    await jobs.ended(id)
    const seconds = (Date.now() - started) / 1000
    expect(events.length).toBeLessThanOrEqual(Math.ceil(seconds * 10) + 3)
    expect(events.length).toBeGreaterThan(3)
    expect(jobs.list()[0].log.map((line) => line.text)).toEqual(['mask', 'fitting'])
  })

  it('stops on cancel, half-way, and says so', async () => {
    const { jobs } = recordedJobs()
    let steps = 0
    const { id } = jobs.start({
      method: 'maps.compute',
      title: 'Maps',
      work: async (run) => {
        for (; steps < 1000; steps++) {
          run.signal.throwIfAborted()
          await pause(1)
        }
      },
    })
    await pause(30)
    jobs.cancel(id)
    const ended = await jobs.ended(id)
    expect(ended).toMatchObject({ state: 'cancelled', error: null })
    expect(ended.endedAt).not.toBeNull()
    expect(steps).toBeGreaterThan(0)
    expect(steps).toBeLessThan(1000)
  })

  it('carries the problem it failed with, and for a fault of ours the stack in its log', async () => {
    const { jobs } = recordedJobs()
    const problem = { code: 'no-artery', message: 'No artery was found.', hint: 'Choose one by hand.' }
    const expected = jobs.start({
      method: 'maps.compute',
      title: 'Maps',
      work: () => Promise.reject(new UmbraError(problem)),
    })
    const fault = jobs.start({
      method: 'maps.compute',
      title: 'Maps',
      work: () => Promise.reject(new TypeError('oops')),
    })
    expect((await jobs.ended(expected.id)).error).toMatchObject(problem)
    const failed = await jobs.ended(fault.id)
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'internal' } })
    expect(failed.log.at(-1)?.text).toContain('jobs.test.ts')
  })

  it('is joined, not started twice, while the same work runs', async () => {
    const { jobs } = recordedJobs()
    const request = { method: 'series.load', title: 'Read', key: 'series.load 1', work: () => pause(20) }
    const first = jobs.start(request)
    expect(jobs.start(request).id).toBe(first.id)
    await jobs.ended(first.id)
    expect(jobs.start(request).id).not.toBe(first.id)
  })

  it('is kept after its end until the list is cleared; a running one stays', async () => {
    const { jobs } = recordedJobs()
    const ended = jobs.start({ method: 'study.open', title: 'Open', work: async () => null })
    await jobs.ended(ended.id)
    const running = jobs.start({ method: 'maps.compute', title: 'Maps', work: () => pause(1000) })
    expect(jobs.list().map((job) => job.id)).toEqual([running.id, ended.id])
    jobs.clear()
    expect(jobs.list().map((job) => job.id)).toEqual([running.id])
    expect(() => jobs.cancel(ended.id)).toThrow('no such job')
  })

  it('ends with all others when the engine closes', async () => {
    const { jobs } = recordedJobs()
    const untilCancelled = (run: { signal: AbortSignal }): Promise<void> =>
      new Promise((_, reject) =>
        run.signal.addEventListener('abort', () => reject(run.signal.reason as Error)),
      )
    jobs.start({ method: 'study.open', title: 'Open', work: untilCancelled })
    jobs.start({ method: 'maps.compute', title: 'Maps', work: untilCancelled })
    await jobs.close()
    expect(jobs.list().map((job) => job.state)).toEqual(['cancelled', 'cancelled'])
  })
})

describe('a lane', () => {
  it('lets one through after another, also after a failure', async () => {
    const lane = createLane('waiting')
    const order: string[] = []
    const work =
      (name: string, fail = false) =>
      async () => {
        order.push(`${name} in`)
        await pause(5)
        order.push(`${name} out`)
        if (fail) throw new Error(name)
      }
    const stages: string[] = []
    const first = lane.enter({}, work('a', true))
    const second = lane.enter({ onProgress: (_, stage) => stages.push(stage) }, work('b'))
    await expect(first).rejects.toThrow('a')
    await second
    expect(order).toEqual(['a in', 'a out', 'b in', 'b out'])
    expect(stages).toEqual(['waiting'])
  })

  it('lets a cancelled one go at once, and keeps the next waiting for the first', async () => {
    const lane = createLane('waiting')
    const abort = new AbortController()
    const order: string[] = []
    const first = lane.enter({}, async () => {
      await pause(40)
      order.push('first')
    })
    const second = lane.enter({ signal: abort.signal }, async () => void order.push('second'))
    const third = lane.enter({}, async () => void order.push('third'))
    abort.abort()
    await expect(second).rejects.toThrow()
    expect(order).toEqual([])
    await Promise.all([first, third])
    expect(order).toEqual(['first', 'third'])
  })
})

describe('shared work', () => {
  it('is done once for all who wait, and goes on when one of two leaves', async () => {
    const shared = createSharedWork<number>()
    let begun = 0
    const work = async (): Promise<number> => {
      begun++
      await pause(20)
      return 7
    }
    const leaving = new AbortController()
    const left = shared.join('key', { signal: leaving.signal }, work)
    const stays = shared.join('key', {}, work)
    leaving.abort()
    await expect(left).rejects.toThrow()
    expect(await stays).toBe(7)
    expect(begun).toBe(1)
  })

  it('is stopped when nobody waits any more, and begins anew when asked again', async () => {
    const shared = createSharedWork<number>()
    const abort = new AbortController()
    let stopped = false
    const only = shared.join(
      'key',
      { signal: abort.signal },
      (run) =>
        new Promise((_, reject) =>
          run.signal?.addEventListener('abort', () => {
            stopped = true
            reject(new Error('stopped'))
          }),
        ),
    )
    abort.abort()
    await expect(only).rejects.toThrow()
    expect(stopped).toBe(true)
    expect(await shared.join('key', {}, async () => 3)).toBe(3)
  })
})
