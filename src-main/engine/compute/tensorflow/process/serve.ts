import { problemOf, UmbraError } from '@contract'
import type { z } from 'zod'
import type { Run } from '../../run'
import type { OpenOptions, TensorFlowRuntime } from '../runtime'
import { openTensorFlow } from '../runtime'
import { connectToEngine } from './desktopChannel'
import { orderSchema, type JobDefinition, type Order, type Report } from './protocol'

/** A job's way to its watcher. TensorFlow computes synchronously: call `pause` between steps, or nothing else is heard. */
export interface JobContext<Event> extends Run {
  signal: AbortSignal
  onProgress: (progress: number, stage: string) => void
  tell(event: Event): void
  /** Lets messages in, and throws an AbortError when the job was cancelled. */
  pause(): Promise<void>
}

/** A job as the process does it, for serveTensorFlow. */
export interface JobHandler {
  name: string
  perform(runtime: TensorFlowRuntime, input: unknown, context: JobContext<unknown>): Promise<unknown>
}

/** The work of a job definition. Input, events and output are parsed with the definition's schemas. */
export function handleJob<In extends z.ZodType, Event extends z.ZodType, Out extends z.ZodType>(
  definition: JobDefinition<In, Event, Out>,
  work: (
    runtime: TensorFlowRuntime,
    input: z.output<In>,
    context: JobContext<z.input<Event>>,
  ) => Promise<z.input<Out>>,
): JobHandler {
  return {
    name: definition.name,
    perform: async (runtime, input, context) => {
      const tell = (event: z.input<Event>): void => context.tell(definition.event.parse(event))
      return definition.output.parse(await work(runtime, definition.input.parse(input), { ...context, tell }))
    },
  }
}

/**
 * The whole program of a `<name>.process.ts`: opens TensorFlow as it is told and does the jobs it is sent, one after the
 * other. Ends when the engine does.
 */
export function serveTensorFlow(handlers: JobHandler[]): void {
  let runtime: TensorFlowRuntime | null = null
  let last: Promise<unknown> = Promise.resolve()
  const running = new Map<number, AbortController>()

  async function open(backend: OpenOptions['backend']): Promise<void> {
    try {
      runtime = await openTensorFlow({ backend })
      const { version, device, threads } = runtime
      post({ kind: 'ready', runtime: { backend: runtime.backend, version, device, threads } })
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

  const line = connectToEngine((message) => {
    const order = orderSchema.parse(message)
    if (order.kind === 'open') last = last.then(() => open(order.backend))
    if (order.kind === 'cancel') running.get(order.job)?.abort()
    if (order.kind === 'end') process.exit(0)
    if (order.kind !== 'start') return
    running.set(order.job, new AbortController())
    last = last.then(() => perform(order))
  })
  const post = (report: Report): void => line.post(report)
}
