import { problemOf, UmbraError } from '@contract'
import type { z } from 'zod'
import type { Run } from '../../run'
import type { OpenOptions, TensorFlowRuntime } from '../runtime'
import { orderSchema, type JobDefinition, type Order, type Report } from './protocol'

/** How a served process, or a hidden window, speaks to the engine that started it. */
export interface EngineLine {
  post(message: Report): void
  /** Ends the process. With `reason` it ends as after a crash, and the engine is told why. */
  end(reason?: string): void
}

/** A job's way to its watcher. TensorFlow computes synchronously: call `pause` between steps, or nothing else is heard. */
export interface JobContext<Event> extends Run {
  signal: AbortSignal
  onProgress: (progress: number, stage: string) => void
  tell(event: Event): void
  /** Lets messages in, and throws an AbortError when the job was cancelled. */
  pause(): Promise<void>
}

/** What a process computes on, or the window beside it. */
export type ServedRuntime = Pick<
  TensorFlowRuntime,
  'backend' | 'version' | 'device' | 'threads' | 'software' | 'lost'
>

/** A job as the process does it, for serveTensorFlow. */
export interface JobHandler<Runtime extends ServedRuntime = TensorFlowRuntime> {
  name: string
  perform(runtime: Runtime, input: unknown, context: JobContext<unknown>): Promise<unknown>
}

/** The work of a job definition. Input, events and output are parsed with the definition's schemas. */
export function handleJob<
  In extends z.ZodType,
  Event extends z.ZodType,
  Out extends z.ZodType,
  Runtime extends ServedRuntime = TensorFlowRuntime,
>(
  definition: JobDefinition<In, Event, Out>,
  work: (runtime: Runtime, input: z.output<In>, context: JobContext<z.input<Event>>) => Promise<z.input<Out>>,
): JobHandler<Runtime> {
  return {
    name: definition.name,
    perform: async (runtime, input, context) => {
      const tell = (event: z.input<Event>): void => context.tell(definition.event.parse(event))
      return definition.output.parse(await work(runtime, definition.input.parse(input), { ...context, tell }))
    },
  }
}

/**
 * The whole work of a process or a hidden window: opens what computes as it is told and does the jobs it is sent, one after
 * the other. Ends when the engine says so, and when what computes is lost.
 */
export function serveJobs<Runtime extends ServedRuntime>(
  handlers: JobHandler<Runtime>[],
  openRuntime: (options: OpenOptions) => Promise<Runtime>,
  connect: (hear: (message: unknown) => void) => EngineLine,
): void {
  let runtime: Runtime | null = null
  let last: Promise<unknown> = Promise.resolve()
  const running = new Map<number, AbortController>()

  async function open(backend: OpenOptions['backend']): Promise<void> {
    try {
      runtime = await openRuntime({ backend })
      const { version, device, threads, software = false } = runtime
      post({ kind: 'ready', runtime: { backend: runtime.backend, version, device, threads, software } })
      void runtime.lost?.then((reason) => line.end(reason))
    } catch (thrown) {
      post({ kind: 'unavailable', error: problemOf(thrown) })
    }
  }

  async function perform({ job, name, input }: Extract<Order, { kind: 'start' }>): Promise<void> {
    const { signal } = running.get(job) as AbortController
    try {
      const handler = handlers.find((each) => each.name === name)
      if (!handler || !runtime) {
        throw new UmbraError({ code: 'unknown-job', message: `This process does no job "${name}".` })
      }
      signal.throwIfAborted()
      const output = await handler.perform(runtime, input, {
        signal,
        onProgress: (progress, stage) =>
          post({ kind: 'progress', job, progress: Math.min(1, Math.max(0, progress || 0)), stage }),
        tell: (event) => post({ kind: 'event', job, event }),
        pause: async () => {
          await new Promise((resolve) => setImmediate(resolve))
          signal.throwIfAborted()
        },
      })
      post({ kind: 'done', job, output })
    } catch (thrown) {
      post({ kind: 'failed', job, error: problemOf(thrown) })
    } finally {
      running.delete(job)
    }
  }

  const line = connect((message) => {
    const order = orderSchema.parse(message)
    if (order.kind === 'open') last = last.then(() => open(order.backend))
    if (order.kind === 'cancel') running.get(order.job)?.abort()
    if (order.kind === 'end') line.end()
    if (order.kind !== 'start') return
    running.set(order.job, new AbortController())
    last = last.then(() => perform(order))
  })
  const post = (report: Report): void => line.post(report)
}
