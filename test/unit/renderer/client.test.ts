import { afterEach, describe, expect, it } from 'vitest'
import { reactive } from 'vue'
import {
  UmbraError,
  type EngineEvent,
  type Job,
  type Problem,
  type Request,
  type VoxelArray,
} from '@contract'
import { createEngineClient, type EngineClient } from '../../../src-renderer/engine/client'
import type { TransportListener } from '../../../src-renderer/engine/transport'
import { jobOf } from './engineDouble'
import { catalogueOf, seriesOf, studyOf } from './catalogues'

const about = {
  version: '1',
  node: '20',
  platform: 'linux',
  cores: 2,
  memoryTotal: 1,
  memoryUsed: 1,
  backend: '2 CPU cores',
  notices: [],
}
const catalogue = catalogueOf([studyOf([seriesOf({})])])

/** The engine's side of the wire, written by the test. */
class Wire {
  listener: TransportListener | null = null
  sent: Request[] = []
  connections = 0
  answers: Record<string, (params: unknown) => unknown> = { 'engine.about': () => about }
  voxels: (frame: number, buffer: ArrayBuffer) => void = () => undefined
  readonly client: EngineClient

  constructor(retryAfter = [1], refusals: Problem[] = []) {
    this.client = createEngineClient((listener) => {
      this.connections++
      const refusal = refusals.shift()
      if (refusal) return Promise.reject(new UmbraError(refusal))
      this.listener = listener
      return Promise.resolve({
        send: (request) => {
          this.sent.push(structuredClone(request))
          const answer = this.answers[request.method]
          if (answer) queueMicrotask(() => this.answer(request, answer))
        },
        readVoxels: async (_id, frame, byteLength) => {
          const buffer = new ArrayBuffer(byteLength)
          this.voxels(frame, buffer)
          return buffer
        },
        close: () => undefined,
      })
    }, retryAfter)
    clients.push(this.client)
  }

  answer({ id, params }: Request, answer: (params: unknown) => unknown): void {
    try {
      this.listener?.onMessage({ id, ok: true, value: answer(params) })
    } catch (error) {
      this.listener?.onMessage({ id, ok: false, error: (error as UmbraError & { problem: Problem }).problem })
    }
  }

  tell(job: Job): void {
    this.listener?.onMessage({ event: 'job', job } satisfies EngineEvent)
  }

  lose(): void {
    this.listener?.onLost({ code: 'engine-lost', message: 'Gone.' })
  }

  async ready(): Promise<this> {
    await expect.poll(() => this.client.state.value).toBe('ready')
    return this
  }
}

const clients: EngineClient[] = []
afterEach(() => clients.splice(0).forEach((client) => client.close()))

const refuse = (problem: Problem) => () => {
  throw Object.assign(new Error(), { problem })
}

describe('a quick request', () => {
  it('waits for the first connection and gives the checked answer', async () => {
    const wire = new Wire()
    expect(wire.client.state.value).toBe('connecting')
    expect(await wire.client.call('engine.about', {})).toEqual(about)
    expect(wire.client.state.value).toBe('ready')
  })

  it('throws what the engine refused it with', async () => {
    const wire = await new Wire().ready()
    const problem = {
      code: 'not-found',
      message: 'There is no such folder.',
      hint: 'Look again.',
      where: '/nowhere',
    }
    wire.answers['files.list'] = refuse(problem)
    await expect(wire.client.call('files.list', { path: '/nowhere' })).rejects.toMatchObject(problem)
  })

  it('refuses an answer that is not what the contract says', async () => {
    const wire = await new Wire().ready()
    wire.answers['study.recent'] = () => ({ recent: [{ paths: 'not a list' }] })
    await expect(wire.client.call('study.recent', {})).rejects.toMatchObject({ code: 'contract' })
  })

  it('is checked before it is sent', async () => {
    const wire = await new Wire().ready()
    const outOfRange = wire.client.call('settings.set', { perfusion: { brainDensity: -1 } })
    await expect(outOfRange).rejects.toMatchObject({ code: 'invalid-request' })
    expect(wire.sent.map(({ method }) => method)).toEqual(['engine.about'])
  })

  it('sends reactive objects as plain ones, which a port can clone', async () => {
    const wire = await new Wire().ready()
    wire.answers['study.forget'] = () => ({})
    await wire.client.call('study.forget', reactive({ paths: ['/a'] }))
    expect(wire.sent.at(-1)?.params).toEqual({ paths: ['/a'] })
  })
})

describe('a long request', () => {
  it('reports progress and gives the result of the finished job', async () => {
    const wire = await new Wire().ready()
    wire.answers['study.open'] = () => ({ jobId: 'job-1' })
    const progress: number[] = []
    const opened = wire.client.run(
      'study.open',
      { paths: ['/a'] },
      { onProgress: (job) => progress.push(job.progress) },
    )
    await expect.poll(() => wire.sent.at(-1)?.method).toBe('study.open')
    await Promise.resolve()
    wire.tell(jobOf({ progress: 0.5 }))
    wire.tell(jobOf({ id: 'another', progress: 0.9 }))
    wire.tell(jobOf({ progress: 1, state: 'done', result: catalogue }))
    expect(await opened).toEqual(catalogue)
    expect(progress).toEqual([0.5, 1])
  })

  it('is not missed when it ends before its id is known', async () => {
    const wire = await new Wire().ready()
    wire.answers['study.open'] = () => {
      wire.tell(jobOf({ state: 'done', result: catalogue }))
      return { jobId: 'job-1' }
    }
    expect(await wire.client.run('study.open', { paths: ['/a'] })).toEqual(catalogue)
  })

  it('that joins a running one is answered with it', async () => {
    const wire = await new Wire().ready()
    wire.answers['study.demo'] = () => ({ jobId: 'job-1' })
    const both = Promise.all([wire.client.run('study.demo', {}), wire.client.run('study.demo', {})])
    await expect.poll(() => wire.sent.length).toBe(3)
    await new Promise((resolve) => setTimeout(resolve))
    wire.tell(jobOf({ state: 'done', result: catalogue }))
    expect(await both).toEqual([catalogue, catalogue])
  })

  it('fails with the problem of the job', async () => {
    const wire = await new Wire().ready()
    const error = { code: 'no-artery', message: 'No artery was found.', hint: 'Mark one.' }
    wire.answers['study.demo'] = () => {
      wire.tell(jobOf({ state: 'failed', error }))
      return { jobId: 'job-1' }
    }
    await expect(wire.client.run('study.demo', {})).rejects.toMatchObject(error)
  })

  it('is cancelled in the engine by its signal, and ends as an AbortError when the engine has stopped it', async () => {
    const wire = await new Wire().ready()
    wire.answers['study.demo'] = () => ({ jobId: 'job-1' })
    wire.answers['jobs.cancel'] = () => {
      queueMicrotask(() => wire.tell(jobOf({ state: 'cancelled' })))
      return {}
    }
    const abort = new AbortController()
    const running = wire.client.run('study.demo', {}, { signal: abort.signal })
    const ended = expect(running).rejects.toMatchObject({ name: 'AbortError' })
    await expect.poll(() => wire.sent.at(-1)?.method).toBe('study.demo')
    abort.abort()
    await ended
    expect(wire.sent.at(-1)).toMatchObject({ method: 'jobs.cancel', params: { jobId: 'job-1' } })
  })

  it('is not started under a signal that was aborted before', async () => {
    const wire = await new Wire().ready()
    const aborted = wire.client.run('study.demo', {}, { signal: AbortSignal.abort() })
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
    expect(wire.sent.map(({ method }) => method)).toEqual(['engine.about'])
  })
})

describe('a lost connection', () => {
  it('fails what was being asked, says so, and is made again', async () => {
    const wire = await new Wire([30]).ready()
    const asked = wire.client.call('jobs.list', {})
    const failed = expect(asked).rejects.toMatchObject({ code: 'engine-lost' })
    await expect.poll(() => wire.sent.at(-1)?.method).toBe('jobs.list')
    wire.lose()
    expect(wire.client.state.value).toBe('lost')
    expect(wire.client.problem.value?.message).toBe('Gone.')
    await failed
    await expect(wire.client.call('jobs.list', {})).rejects.toMatchObject({ code: 'engine-lost' })
    await wire.ready()
    expect(wire.client.problem.value).toBeNull()
    expect(wire.connections).toBe(2)
  })

  it('is tried again until the engine is there, and tells everybody each time it is', async () => {
    const nobody = { code: 'host-unreachable', message: 'Nobody answers.' }
    const wire = new Wire([1], [nobody, nobody, nobody])
    await expect(wire.client.call('engine.about', {})).rejects.toMatchObject(nobody)
    let times = 0
    wire.client.onReady(() => times++)
    await wire.ready()
    expect(wire.connections).toBe(4)
    wire.lose()
    await expect.poll(() => times).toBe(2)
  })

  it('does not lose work that went on meanwhile', async () => {
    const wire = await new Wire().ready()
    wire.answers['study.demo'] = () => ({ jobId: 'job-1' })
    const running = wire.client.run('study.demo', {})
    await expect.poll(() => wire.sent.at(-1)?.method).toBe('study.demo')
    await new Promise((resolve) => setTimeout(resolve))
    wire.answers['jobs.list'] = () => ({ jobs: [jobOf({ state: 'done', result: catalogue })] })
    wire.lose()
    expect(await running).toEqual(catalogue)
  })

  it('gives up work that an engine started anew does not know', async () => {
    const wire = await new Wire().ready()
    wire.answers['study.demo'] = () => ({ jobId: 'job-1' })
    const running = wire.client.run('study.demo', {})
    const given = expect(running).rejects.toMatchObject({ code: 'engine-restarted' })
    await expect.poll(() => wire.sent.at(-1)?.method).toBe('study.demo')
    await new Promise((resolve) => setTimeout(resolve))
    wire.answers['jobs.list'] = () => ({ jobs: [] })
    wire.lose()
    await given
  })

  it('is not made again after it was closed', async () => {
    const wire = await new Wire().ready()
    wire.client.close()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(wire.connections).toBe(1)
    await expect(wire.client.call('jobs.list', {})).rejects.toMatchObject({ code: 'engine-lost' })
  })
})

describe('voxels', () => {
  const array = (type: VoxelArray['type']): VoxelArray => ({
    id: 'v',
    type,
    frames: 2,
    slope: 1,
    intercept: 0,
    unit: 'HU',
    geometry: {
      size: [3, 2, 1],
      spacing: [1, 1, 1],
      origin: [0, 0, 0],
      direction: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
      frameOfReference: '',
    },
  })

  it('come as one frame in the type of the array', async () => {
    const wire = await new Wire().ready()
    wire.voxels = (frame, buffer) => new Int16Array(buffer).set([-1024, 0, 1, 2, 3, 40 + frame])
    expect(await wire.client.readVoxels(array('int16'), 1)).toEqual(Int16Array.of(-1024, 0, 1, 2, 3, 41))
    wire.voxels = (_frame, buffer) => new Float32Array(buffer).set([0, 0.5, 1, 1.5, 2, 2.5])
    expect(await wire.client.readVoxels(array('float32'), 0)).toEqual(Float32Array.of(0, 0.5, 1, 1.5, 2, 2.5))
    wire.voxels = (_frame, buffer) => new Uint8Array(buffer).set([0, 1, 2, 3, 4, 255])
    expect(await wire.client.readVoxels(array('uint8'), 0)).toEqual(Uint8Array.of(0, 1, 2, 3, 4, 255))
  })
})
