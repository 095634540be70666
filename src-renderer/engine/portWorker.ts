import type { Request, VoxelChunk, VoxelRequest } from '@contract'

export interface FrameRequest {
  reading: number
  voxelsId: string
  frame: number
  byteLength: number
}
export type ToPortWorker = { port: MessagePort } | { request: Request } | FrameRequest

/** A frame that could not be read: for the engine's reason, or because it was `found` bytes long. */
export interface FrameFailure {
  reading: number
  error?: unknown
  found?: number
}
export type FromPortWorker = { message: unknown } | { reading: number; buffer: ArrayBuffer } | FrameFailure

interface Reading {
  into: Uint8Array<ArrayBuffer>
  received: number
}

function isVoxelChunk(message: unknown): message is VoxelChunk {
  return typeof message === 'object' && message !== null && 'bytes' in message && 'voxelRequest' in message
}

function isVoxelFailure(message: unknown): message is { voxelRequest: number; error: unknown } {
  return typeof message === 'object' && message !== null && 'error' in message && 'voxelRequest' in message
}

/**
 * Holds the engine's port on behalf of a page, to which `post` leads; what the page sends goes to the function that is
 * returned. What arrives on a port is unpacked by the thread that holds it, several milliseconds for each megabyte: in
 * a worker, that is not the thread that draws. Chunks are copied into place and acknowledged one by one, so that the
 * engine never has more than its credit under way. Whole frames go on to the page without another copy, and so does
 * everything that is not voxels.
 *
 * This file takes only types from the contract: its schemas would compile themselves with `new Function` here.
 */
export function servePortWorker(
  post: (message: FromPortWorker, transfer: Transferable[]) => void,
): (message: ToPortWorker) => void {
  const readings = new Map<number, Reading>()
  let engine: MessagePort | null = null

  function place({ voxelRequest, offset, totalBytes, bytes }: VoxelChunk): void {
    engine?.postMessage({ voxelAcknowledged: voxelRequest })
    const reading = readings.get(voxelRequest)
    if (!reading) return
    const { into } = reading
    const end = offset + bytes.byteLength
    if (totalBytes !== into.byteLength || end > into.byteLength) {
      readings.delete(voxelRequest)
      return post({ reading: voxelRequest, found: Math.max(totalBytes, end) }, [])
    }
    into.set(new Uint8Array(bytes), offset)
    reading.received += bytes.byteLength
    if (reading.received < into.byteLength) return
    readings.delete(voxelRequest)
    post({ reading: voxelRequest, buffer: into.buffer }, [into.buffer])
  }

  function hear({ data }: MessageEvent<unknown>): void {
    if (isVoxelChunk(data)) return place(data)
    if (!isVoxelFailure(data)) return post({ message: data }, [])
    readings.delete(data.voxelRequest)
    post({ reading: data.voxelRequest, error: data.error }, [])
  }

  return (data) => {
    if ('port' in data) {
      engine = data.port
      engine.onmessage = hear
    } else if ('request' in data) {
      engine?.postMessage(data.request)
    } else {
      const { reading, voxelsId, frame, byteLength } = data
      readings.set(reading, { into: new Uint8Array(byteLength), received: 0 })
      engine?.postMessage({ voxelRequest: reading, voxelsId, frame } satisfies VoxelRequest)
    }
  }
}
