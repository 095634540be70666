import { UmbraError, type BackendChoice } from '@contract'
import type { z } from 'zod'
import type { Run } from '../../run'
import { parentPort } from './desktopChannel'
import { placesFor, windowPlace, type Place } from './places'
import { reportSchema, type JobDefinition, type Order, type ProcessRuntime, type Report } from './protocol'

/** How long a cancelled job may go on before its process is ended. One step of a large network takes seconds. */
const CANCEL_WITHIN_MS = 30_000

export interface ProcessOptions {
  backend?: BackendChoice
  /** Added to this process's environment. */
  environment?: NodeJS.ProcessEnv
  cancelWithin?: number
  /**
   * For jobs that need files, which a hidden window cannot read: the program (`serveBesideWindow`) that does them in
   * place of the window, and has the window compute.
   */
  besideWindow?: string
}

export interface JobWatch<Event> extends Run {
  onEvent?: (event: Event) => void
}

export interface TensorFlowProcess {
  readonly runtime: ProcessRuntime
  readonly pid: number | undefined
  /** Whether its jobs may name files: those of a hidden window may not. */
  readonly readsFiles: boolean
  /** Resolves, with how in words, when it has ended by itself. */
  readonly lost: Promise<string>
  /**
   * Does one job in the process; jobs given at once are done one after the other.
   * @throws UmbraError as the job throws it; `tensorflow-crashed` when the process dies; AbortError when cancelled
   */
  run<In extends z.ZodType, Event extends z.ZodType, Out extends z.ZodType>(
    job: JobDefinition<In, Event, Out>,
    input: z.input<In>,
    watch?: JobWatch<z.output<Event>>,
  ): Promise<z.output<Out>>
  /** Ends the process. */
  close(): void
}

interface Pending {
  report(report: Report): void
  fail(error: Error): void
}

function crashed(how: string, words: string): UmbraError {
  const memory = how === 'signal SIGKILL' ? ' The system may have run out of memory.' : ''
  return new UmbraError({
    code: 'tensorflow-crashed',
    message: `The process that computes with TensorFlow ended unexpectedly (${how}).${memory}`,
    hint: 'Start the job again: it resumes from its last checkpoint. If it ends again, take a smaller batch or another backend.',
    where: words.split('\n').pop() || undefined,
  })
}

function closed(): UmbraError {
  return new UmbraError({ code: 'closed', message: 'The TensorFlow process has ended.' })
}

function abortError(): Error {
  return Object.assign(new Error('Cancelled.'), { name: 'AbortError' })
}

/**
 * Starts the bundled program `<entry>.process.js`, which computes with TensorFlow in a process of its own: a training
 * step blocks nobody, and a crash of native code takes down one job, not the engine. In the desktop application WebGPU
 * computes in a hidden window, which does the same jobs.
 *
 * @throws UmbraError `backend-unavailable` when the wanted backend is not to be had
 */
export async function startTensorFlowProcess(
  entry: string,
  options: ProcessOptions = {},
): Promise<TensorFlowProcess> {
  const places = placesFor(entry, options)
  for (const place of places.slice(0, -1)) {
    try {
      return await startAt(place, options)
    } catch {
      place.onFailure?.()
    }
  }
  return startAt(places[places.length - 1], options)
}

/**
 * Starts the hidden window of the desktop application. `auto` refuses an adapter in software.
 *
 * @throws UmbraError `backend-unavailable` where there is no GPU, or no desktop application
 */
export async function startHiddenWindow(backend: BackendChoice): Promise<TensorFlowProcess> {
  const main = parentPort()
  if (main) return startAt(windowPlace(main, backend), {})
  throw new UmbraError({
    code: 'backend-unavailable',
    message: 'Only the desktop application has a window to compute in.',
    where: 'webgpu',
  })
}

async function startAt(
  { open, backend, readsFiles }: Place,
  options: ProcessOptions,
): Promise<TensorFlowProcess> {
  const channel = open()
  const pending = new Map<number, Pending>()
  const post = (order: Order): void => channel.post(order)
  /** How it ended. */
  let ended: Error | null = null
  let closing = false
  let count = 0

  const lost = new Promise<string>((resolve) => {
    channel.onExit((how) => {
      ended = closing ? closed() : crashed(how, channel.lastWords())
      for (const { fail } of [...pending.values()]) fail(closing ? abortError() : ended)
      pending.clear()
      if (!closing) resolve(ended.message)
    })
  })

  /** What the process says. Words that this side does not understand end the job they are about. */
  function hear(report: Exclude<Report, { kind: 'ready' | 'unavailable' }>): void {
    const job = pending.get(report.job)
    try {
      job?.report(report)
    } catch (thrown) {
      job?.fail(thrown as Error)
    }
  }

  const runtime = await new Promise<ProcessRuntime>((resolve, reject) => {
    pending.set(-1, { report: () => undefined, fail: reject })
    channel.onMessage((message) => {
      const report = reportSchema.safeParse(message).data
      if (report?.kind === 'ready') resolve(report.runtime)
      else if (report?.kind === 'unavailable') reject(new UmbraError(report.error))
      else if (report) hear(report)
    })
    post({ kind: 'open', backend })
  }).catch((thrown: unknown) => {
    closing = true
    channel.kill()
    throw thrown
  })
  pending.delete(-1)

  return {
    runtime,
    readsFiles,
    lost,
    get pid() {
      return channel.pid
    },
    run: (definition, input, watch = {}) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended)
        if (watch.signal?.aborted) return reject(abortError())
        const job = count++
        let timer: NodeJS.Timeout | undefined
        const cancel = (): void => {
          post({ kind: 'cancel', job })
          timer = setTimeout(() => {
            closing = true
            channel.kill()
          }, options.cancelWithin ?? CANCEL_WITHIN_MS)
        }
        const settle = (finish: () => void): void => {
          pending.delete(job)
          watch.signal?.removeEventListener('abort', cancel)
          clearTimeout(timer)
          finish()
        }
        watch.signal?.addEventListener('abort', cancel, { once: true })
        pending.set(job, {
          fail: (error) => settle(() => reject(error)),
          report: (report) => {
            if (report.kind === 'progress') watch.onProgress?.(report.progress, report.stage)
            if (report.kind === 'event') watch.onEvent?.(definition.event.parse(report.event))
            if (report.kind === 'done') {
              const output = definition.output.parse(report.output)
              settle(() => resolve(output))
            }
            if (report.kind !== 'failed') return
            const { error } = report
            settle(() => reject(error.code === 'cancelled' ? abortError() : new UmbraError(error)))
          },
        })
        post({ kind: 'start', job, name: definition.name, input: definition.input.parse(input) })
      }),
    close: () => {
      closing = true
      post({ kind: 'end' })
      channel.kill()
    },
  }
}
