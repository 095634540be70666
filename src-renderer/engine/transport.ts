import { UmbraError, type Problem, type Request } from '@contract'

/** One connection to the engine. It is used once: after `onLost` or `close` a new one is made. */
export interface Transport {
  send(request: Request): void
  /** One frame of a voxel array, which must be `byteLength` long. */
  readVoxels(voxelsId: string, frame: number, byteLength: number): Promise<ArrayBuffer>
  close(): void
}

export interface TransportListener {
  /** An answer or an event, as it came: not yet checked. */
  onMessage(message: unknown): void
  /** The connection is gone; called at most once, and not after `close`. */
  onLost(problem: Problem): void
}

export type Connect = (listener: TransportListener) => Promise<Transport>

export const lostProblem: Problem = {
  code: 'engine-lost',
  message: 'The connection to the engine was lost.',
  hint: 'Umbra tries again by itself. Work the engine had finished is still there when it answers.',
}

export function wrongLength(voxelsId: string, expected: number, found: number): UmbraError {
  return new UmbraError({
    code: 'voxels-length',
    message: `The engine sent ${found} bytes of voxels where ${expected} were expected.`,
    hint: 'Close the study and open it again.',
    where: voxelsId,
  })
}
