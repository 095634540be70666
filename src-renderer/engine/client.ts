import {
  answerSchema,
  eventSchema,
  problemOf,
  UmbraError,
  type Input,
  type Job,
  type LongMethod,
  type MethodName,
  type Output,
  type Problem,
  type QuickMethod,
  type VoxelArray,
} from '@contract'
import { ref, shallowRef, type Ref } from 'vue'
import { rememberedSession } from '../stores/signedIn'
import { jobIdOf, parseIn, parseOut } from './checks'
import { lostProblem, type Connect, type Transport } from './transport'
import { connectFromThisWindow } from './window'

export type EngineState = 'connecting' | 'ready' | 'lost'

export interface RunOptions {
  onProgress?: (job: Job) => void
  /** Aborting cancels the job in the engine. */
  signal?: AbortSignal
}

/** The engine, as every room of the renderer sees it. Failures are thrown as UmbraError, a cancel as AbortError. */
export interface EngineClient {
  /** `bytes` is what the method takes beside its params: the slices of `reading.save`. */
  call<M extends QuickMethod>(method: M, params: Input<M>, bytes?: Uint8Array): Promise<Output<M>>
  run<M extends LongMethod>(method: M, params: Input<M>, options?: RunOptions): Promise<Output<M>>
  /** One frame, x fastest, then y, z: stored values, of which value = stored × slope + intercept. */
  readVoxels(array: VoxelArray, frame: number): Promise<Int16Array | Uint8Array | Float32Array>
  /** Every change of every job, also those another window started. */
  onJob(listener: (job: Job) => void): () => void
  /** Called each time the engine answers anew: at once when it already does, and after every reconnection. */
  onReady(listener: () => void): () => void
  readonly state: Ref<EngineState>
  /** Why the engine is not there; null while it is. */
  readonly problem: Ref<Problem | null>
  close(): void
}

interface Waiting {
  resolve: (value: unknown) => void
  reject: (error: Error) => void
}
interface Watched {
  update: (job: Job) => void
  lose: (error: Error) => void
}

const RETRY_AFTER = [250, 500, 1000, 2000, 5000]
const HANDSHAKE = 15_000
const FINISHED_KEPT = 100

const bytesPer = { int16: 2, uint8: 1, float32: 4 } as const

const restartedProblem: Problem = {
  code: 'engine-restarted',
  message: 'The engine stopped before this was finished.',
  hint: 'Start it again. If the engine stops again at the same place, the job log and "umbra doctor" help.',
}

const cancelled = (): DOMException => new DOMException('Cancelled.', 'AbortError')

export function createEngineClient(
  connect: Connect,
  retryAfter: readonly number[] = RETRY_AFTER,
  /** Of whoever is signed in here to read: told first of all, so that nothing is answered that they must not know. */
  session: () => string | null = () => null,
): EngineClient {
  const state = ref<EngineState>('connecting')
  const problem = shallowRef<Problem | null>(null)
  const waiting = new Map<number, Waiting>()
  const watched = new Map<string, Set<Watched>>()
  const finished = new Map<string, Job>()
  const jobListeners = new Set<(job: Job) => void>()
  const readyListeners = new Set<() => void>()
  let transport: Transport | null = null
  let connection = 0
  let attempt = 0
  let lastId = 0
  let closed = false
  let retryTimer: ReturnType<typeof setTimeout> | undefined
  let settleFirst: () => void = () => undefined
  const firstAttempt = new Promise<void>((resolve) => (settleFirst = resolve))

  function request(method: MethodName, params: unknown, bytes?: Uint8Array): Promise<unknown> {
    const current = transport
    if (!current) return Promise.reject(new UmbraError(problem.value ?? lostProblem))
    return new Promise((resolve, reject) => {
      const id = ++lastId
      waiting.set(id, { resolve, reject })
      try {
        current.send({ id, method, params, bytes })
      } catch (error) {
        waiting.delete(id)
        reject(new UmbraError({ ...lostProblem, where: problemOf(error).message }))
      }
    })
  }

  async function ask(method: MethodName, params: unknown, bytes?: Uint8Array): Promise<unknown> {
    const plain = parseIn(method, params)
    if (state.value === 'connecting') await firstAttempt
    if (state.value !== 'ready') throw new UmbraError(problem.value ?? lostProblem)
    return request(method, plain, bytes)
  }

  function hear(job: Job): void {
    if (job.state !== 'running') {
      finished.set(job.id, job)
      if (finished.size > FINISHED_KEPT) finished.delete(finished.keys().next().value as string)
    }
    for (const listener of jobListeners) listener(job)
    for (const watch of [...(watched.get(job.id) ?? [])]) watch.update(job)
  }

  function onMessage(message: unknown): void {
    const event = eventSchema.safeParse(message)
    if (event.success) return hear(event.data.job)
    const answer = answerSchema.safeParse(message)
    if (!answer.success) return
    const entry = waiting.get(answer.data.id)
    waiting.delete(answer.data.id)
    if (answer.data.ok) entry?.resolve(answer.data.value)
    else entry?.reject(new UmbraError(answer.data.error))
  }

  /** Ends connection `number`, once, and plans the next. */
  function lose(number: number, why: Problem): void {
    if (number !== connection) return
    connection++
    transport?.close()
    transport = null
    problem.value = why
    state.value = 'lost'
    settleFirst()
    const error = new UmbraError(why)
    for (const entry of waiting.values()) entry.reject(error)
    waiting.clear()
    if (!closed) {
      retryTimer = setTimeout(() => void open(), retryAfter[Math.min(attempt++, retryAfter.length - 1)])
    }
  }

  /** After a reconnection: work that went on meanwhile is picked up, work the engine no longer knows is given up. */
  async function catchUp(): Promise<void> {
    if (watched.size === 0) return
    const { jobs } = parseOut('jobs.list', await request('jobs.list', {}))
    const known = new Map(jobs.map((job) => [job.id, job]))
    for (const [id, watchers] of [...watched]) {
      const job = known.get(id)
      for (const watch of [...watchers]) {
        if (job) watch.update(job)
        else watch.lose(new UmbraError(restartedProblem))
      }
    }
  }

  async function open(): Promise<void> {
    const number = ++connection
    let silence: ReturnType<typeof setTimeout> | undefined
    try {
      const opened = await connect({ onMessage, onLost: (why) => lose(number, why) })
      if (number !== connection) return opened.close()
      transport = opened
      silence = setTimeout(
        () => lose(number, { ...lostProblem, code: 'engine-silent', message: 'The engine does not answer.' }),
        HANDSHAKE,
      )
      await request('engine.about', { session: session() })
      await catchUp()
    } catch (error) {
      return lose(number, problemOf(error))
    } finally {
      clearTimeout(silence)
    }
    if (number !== connection) return
    attempt = 0
    problem.value = null
    state.value = 'ready'
    settleFirst()
    for (const listener of readyListeners) listener()
  }

  function watch<M extends LongMethod>(method: M, jobId: string, options: RunOptions): Promise<Output<M>> {
    // The engine answers a request for work that already runs with the job that runs: a job may have several watchers.
    const watchers = watched.get(jobId) ?? new Set<Watched>()
    return new Promise<Output<M>>((resolve, reject) => {
      const cancel = (): void => {
        ask('jobs.cancel', { jobId }).catch(() => undefined)
      }
      const end = (): void => {
        watchers.delete(watcher)
        if (watchers.size === 0) watched.delete(jobId)
        options.signal?.removeEventListener('abort', cancel)
      }
      const update = (job: Job): void => {
        options.onProgress?.(job)
        if (job.state === 'running') return
        end()
        if (job.state === 'cancelled') reject(cancelled())
        else if (job.state === 'failed') {
          reject(new UmbraError(job.error ?? { code: 'internal', message: `${job.title} failed.` }))
        } else {
          try {
            resolve(parseOut(method, job.result))
          } catch (error) {
            reject(error)
          }
        }
      }
      const lose = (error: Error): void => {
        end()
        reject(error)
      }
      const watcher = { update, lose }
      watchers.add(watcher)
      watched.set(jobId, watchers)
      options.signal?.addEventListener('abort', cancel, { once: true })
      if (options.signal?.aborted) cancel()
      // The job may have ended before its id was known here.
      const already = finished.get(jobId)
      if (already) update(already)
    })
  }

  void open()

  return {
    state,
    problem,
    async call<M extends QuickMethod>(method: M, params: Input<M>, bytes?: Uint8Array) {
      return parseOut(method, await ask(method, params, bytes))
    },
    async run<M extends LongMethod>(method: M, params: Input<M>, options: RunOptions = {}) {
      if (options.signal?.aborted) throw cancelled()
      return watch(method, jobIdOf(method, await ask(method, params)), options)
    },
    async readVoxels(array, frame) {
      const [nx, ny, nz] = array.geometry.size
      const byteLength = nx * ny * nz * bytesPer[array.type]
      if (state.value === 'connecting') await firstAttempt
      if (!transport) throw new UmbraError(problem.value ?? lostProblem)
      const buffer = await transport.readVoxels(array.id, frame, byteLength)
      if (array.type === 'uint8') return new Uint8Array(buffer)
      return array.type === 'int16' ? new Int16Array(buffer) : new Float32Array(buffer)
    },
    onJob(listener) {
      jobListeners.add(listener)
      return () => jobListeners.delete(listener)
    },
    onReady(listener) {
      readyListeners.add(listener)
      if (state.value === 'ready') listener()
      return () => readyListeners.delete(listener)
    },
    close() {
      closed = true
      clearTimeout(retryTimer)
      lose(connection, lostProblem)
    },
  }
}

let client: EngineClient | null = null

/** The engine of this window; the first call connects. */
export function useEngine(): EngineClient {
  client ??= createEngineClient(connectFromThisWindow(), RETRY_AFTER, rememberedSession)
  return client
}

/** For tests: the stores then speak with `replacement`. */
export function setEngine(replacement: EngineClient | null): void {
  client = replacement
}
