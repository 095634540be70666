import { allocateVoxels } from '../compute/allocateVoxels'
import type { Voxels } from '../volume'

/** The voxels on shared memory, where workers see them without a copy; copied there once if they are not. */
export function onSharedMemory(voxels: Voxels): Voxels {
  if (voxels.buffer instanceof SharedArrayBuffer) return voxels
  const shared = sharedLike(voxels, voxels.length, 'the series')
  shared.set(voxels)
  return shared
}

/** Shared voxels of the same type, all 0, of the series `where`. Throws `too-large`. */
export function sharedLike(voxels: Voxels, length: number, where: string): Voxels {
  const buffer = allocateVoxels(length * voxels.BYTES_PER_ELEMENT, where)
  if (voxels instanceof Int16Array) return new Int16Array(buffer)
  return voxels instanceof Uint8Array ? new Uint8Array(buffer) : new Float32Array(buffer)
}

export function sharedFloats(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(4 * length))
}
