import {
  problemOf,
  VOXEL_CHUNK,
  VOXEL_CREDIT,
  type VoxelChunk,
  type VoxelFailure,
  type VoxelRequest,
} from '@contract'
import type { Engine } from './engine'

const FRAMES_AT_ONCE = 64

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
 * `post` clones what it is given, so every chunk is one copy out of the shared memory. A frame is read when it is asked
 * for: a series that is released meanwhile still arrives whole.
 */
export function createVoxelSender(
  engine: Engine,
  post: (message: VoxelChunk | VoxelFailure) => void,
): VoxelSender {
  const sendings = new Map<number, Sending>()

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
    if (sending.offset >= bytes.byteLength) sendings.delete(voxelRequest)
  }

  return {
    send: ({ voxelRequest, voxelsId, frame }) => {
      try {
        if (sendings.size >= FRAMES_AT_ONCE) throw new Error(`More than ${FRAMES_AT_ONCE} frames at once`)
        const sending = { bytes: engine.readVoxels(voxelsId, frame), offset: 0, credit: VOXEL_CREDIT }
        sendings.set(voxelRequest, sending)
        advance(voxelRequest, sending)
      } catch (thrown) {
        post({ voxelRequest, error: problemOf(thrown) })
      }
    },
    acknowledge: (voxelRequest) => {
      const sending = sendings.get(voxelRequest)
      if (!sending) return
      sending.credit = Math.min(VOXEL_CREDIT, sending.credit + 1)
      advance(voxelRequest, sending)
    },
    close: () => sendings.clear(),
  }
}
