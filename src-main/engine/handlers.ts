import { z } from 'zod'
import {
  methods,
  UmbraError,
  type LongMethod,
  type MethodName,
  type Methods,
  type Output,
  type QuickMethod,
  type Request,
} from '@contract'
import type { JobRequest, Jobs } from './jobs'

export type Params<M extends MethodName> = z.output<Methods[M]['in']>

/** What a quick method answers. `bytes` is empty for a request that brought none. */
export type QuickHandlers = {
  [M in QuickMethod]: (params: Params<M>, bytes: Uint8Array) => Output<M> | Promise<Output<M>>
}

/** The job a long method starts. */
export type LongHandlers = {
  [M in LongMethod]: (params: Params<M>) => Omit<JobRequest<Output<M>>, 'method'>
}

/** The params of a request as the contract wants them. Throws `invalid-request`, naming the field. */
function parseParams<M extends MethodName>(method: M, params: unknown): Params<M> {
  const parsed = methods[method].in.safeParse(params ?? {})
  if (parsed.success) return parsed.data as Params<M>
  throw new UmbraError({
    code: 'invalid-request',
    message: `${method} was asked with values it cannot take: ${z.prettifyError(parsed.error)}`,
    hint: 'The page and the engine may be of different versions: reload the page.',
    where: method,
  })
}

function answer<M extends QuickMethod>(
  handlers: QuickHandlers,
  method: M,
  params: unknown,
  bytes: Uint8Array = new Uint8Array(),
): Promise<Output<M>> {
  return Promise.resolve(handlers[method](parseParams(method, params), bytes))
}

function startJob<M extends LongMethod>(
  handlers: LongHandlers,
  jobs: Jobs,
  method: M,
  params: unknown,
): { jobId: string } {
  return { jobId: jobs.start({ method, ...handlers[method](parseParams(method, params)) }).id }
}

const isMethod = (name: string): name is MethodName => Object.prototype.hasOwnProperty.call(methods, name)
const isLong = (name: MethodName): name is LongMethod => methods[name].long

/** Answers a request by name: the value of a quick method, `{ jobId }` of a long one. */
export async function dispatch(
  quick: QuickHandlers,
  long: LongHandlers,
  jobs: Jobs,
  { method, params, bytes }: Omit<Request, 'id'>,
): Promise<unknown> {
  if (!isMethod(method)) {
    throw new UmbraError({
      code: 'unknown-method',
      message: 'The engine does not know this request.',
      hint: 'The page and the engine may be of different versions: reload the page.',
      where: method,
    })
  }
  return isLong(method)
    ? startJob(long, jobs, method, params)
    : answer(quick, method as QuickMethod, params, bytes)
}
