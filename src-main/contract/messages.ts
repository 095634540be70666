import { z } from 'zod'
import { problemSchema } from './errors'
import { jobSchema } from './jobs'

/**
 * The envelopes on the wire, the same on a MessagePort (Electron) and a WebSocket (browser). A long method's answer
 * is `{ jobId }`; its progress and result follow as `job` events, sent to every client.
 */
export const requestSchema = z.object({
  id: z.number().int(),
  method: z.string(),
  params: z.unknown(),
  /** What does not belong into JSON: the slices of a save. */
  bytes: z.custom<Uint8Array>((value) => value instanceof Uint8Array).optional(),
})
export type Request = z.infer<typeof requestSchema>

const PREFIX = 4

/**
 * A request that carries bytes, as one binary message of a WebSocket: the length of its JSON (uint32, little-endian),
 * its JSON, its bytes. On a MessagePort it travels as it is, cloned.
 */
export function packRequest({ bytes, ...rest }: Request): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(rest))
  const packed = new Uint8Array(PREFIX + json.length + (bytes?.length ?? 0))
  new DataView(packed.buffer).setUint32(0, json.length, true)
  packed.set(json, PREFIX)
  if (bytes) packed.set(bytes, PREFIX + json.length)
  return packed
}

/** What `packRequest` packed; its bytes are a view. Throws on anything else. */
export function unpackRequest(packed: Uint8Array): unknown {
  const { buffer, byteOffset, byteLength } = packed
  const length = new DataView(buffer, byteOffset, byteLength).getUint32(0, true)
  if (length > byteLength - PREFIX) throw new RangeError('The message is shorter than it says.')
  const bytes = packed.subarray(PREFIX + length)
  const rest: unknown = JSON.parse(new TextDecoder().decode(packed.subarray(PREFIX, PREFIX + length)))
  return { ...(rest as object), bytes }
}

export const answerSchema = z.discriminatedUnion('ok', [
  z.object({ id: z.number().int(), ok: z.literal(true), value: z.unknown() }),
  z.object({ id: z.number().int(), ok: z.literal(false), error: problemSchema }),
])
export type Answer = z.infer<typeof answerSchema>

export const eventSchema = z.object({ event: z.literal('job'), job: jobSchema })
export type EngineEvent = z.infer<typeof eventSchema>

/**
 * Bulk voxels. Browser: `GET /voxels/{id}/{frame}` answers the raw bytes. Electron: the renderer posts a voxelRequest
 * on its MessagePort, the engine answers with chunks of at most VOXEL_CHUNK bytes, at most VOXEL_CREDIT of them not
 * yet acknowledged. Array buffers are cloned, never put in a transfer list (Electron delivers those as null).
 */
export const VOXEL_CHUNK = 8 * 1024 * 1024
export const VOXEL_CREDIT = 4
export const voxelRequestSchema = z.object({
  voxelRequest: z.number().int(),
  voxelsId: z.string(),
  frame: z.number().int().nonnegative(),
})
export type VoxelRequest = z.infer<typeof voxelRequestSchema>
export const voxelAcknowledgementSchema = z.object({ voxelAcknowledged: z.number().int() })

export interface VoxelChunk {
  voxelRequest: number
  offset: number
  totalBytes: number
  bytes: ArrayBuffer
}
export interface VoxelFailure {
  voxelRequest: number
  error: z.infer<typeof problemSchema>
}
