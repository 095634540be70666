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
})
export type Request = z.infer<typeof requestSchema>

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
