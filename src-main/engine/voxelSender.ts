import {
  problemOf,
  VOXEL_CHUNK,
  VOXEL_CREDIT,
  type VoxelChunk,
  type VoxelFailure,
  type VoxelRequest,
} from '@contract'
import type { Engine } from './engine'

const FRAMES_AT_ONCE = 8

/** Sends frames of voxels in chunks, never more of them on the way than the client can take. */
export interface VoxelSender {
  send(request: VoxelRequest): void
  acknowledge(voxelRequest: number): void
  close(): void
}

interface Sending {
  bytes: Uint8Array
  offset: number
  credit: number
}

/**
 * `post` clones what it is given, so every chunk is one copy out of the shared memory. A few frames are sent at once,
 * the others wait their turn; a frame whose sending began arrives whole even when its series is released meanwhile.
 */
export function createVoxelSender(
  engine: Engine,
  post: (message: VoxelChunk | VoxelFailure) => void,
): VoxelSender {
  const sendings = new Map<number, Sending>()
  const waiting: VoxelRequest[] = []

  function advance(voxelRequest: number, sending: Sending): void {
    const { bytes } = sending
    while (sending.credit > 0 && sending.offset < bytes.byteLength) {
      const { offset } = sending
      const chunk = new Uint8Array(Math.min(VOXEL_CHUNK, bytes.byteLength - offset))
      chunk.set(bytes.subarray(offset, offset + chunk.byteLength))
      sending.offset += chunk.byteLength
      sending.credit--
      post({ voxelRequest, offset, totalBytes: bytes.byteLength, bytes: chunk.buffer })
    }
  }

  function begin({ voxelRequest, voxelsId, frame }: VoxelRequest): void {
    try {
      const sending = { bytes: engine.readVoxels(voxelsId, frame), offset: 0, credit: VOXEL_CREDIT }
      sendings.set(voxelRequest, sending)
      advance(voxelRequest, sending)
    } catch (thrown) {
      post({ voxelRequest, error: problemOf(thrown) })
    }
  }

  function beginWaiting(): void {
    while (waiting.length > 0 && sendings.size < FRAMES_AT_ONCE) begin(waiting.shift() as VoxelRequest)
  }

  return {
    send: (request) => {
      waiting.push(request)
      beginWaiting()
    },
    acknowledge: (voxelRequest) => {
      const sending = sendings.get(voxelRequest)
      if (!sending) return
      sending.credit++
      advance(voxelRequest, sending)
      const arrived = sending.offset >= sending.bytes.byteLength && sending.credit === VOXEL_CREDIT
      if (arrived) sendings.delete(voxelRequest)
      beginWaiting()
    },
    close: () => {
      sendings.clear()
      waiting.length = 0
    },
  }
}
