import { UmbraError, type Geometry, type VoxelArray } from '@contract'
import type { Voxels } from '../volume'

/** What the renderer may read: typed arrays by id, frame by frame. */
export interface VoxelRegistry {
  /** Adds an array under its id and gives the description that travels in messages. */
  register(id: string, array: VoxelContent): VoxelArray
  /** The bytes of one frame, a view without a copy. */
  readFrame(id: string, frame: number): Uint8Array
  forget(id: string): void
  clear(): void
}

export interface VoxelContent {
  voxels: Voxels
  geometry: Geometry
  frames: number
  slope?: number
  intercept?: number
  unit: string
}

function typeOf(voxels: Voxels): VoxelArray['type'] {
  if (voxels instanceof Int16Array) return 'int16'
  return voxels instanceof Uint8Array ? 'uint8' : 'float32'
}

export function createVoxelRegistry(): VoxelRegistry {
  const arrays = new Map<string, { voxels: Voxels; frames: number }>()
  return {
    register(id, { voxels, geometry, frames, slope = 1, intercept = 0, unit }) {
      const [nx, ny, nz] = geometry.size
      if (voxels.length !== nx * ny * nz * frames) {
        throw new Error(
          `${id}: ${voxels.length} voxels do not fill ${frames} frames of ${nx} × ${ny} × ${nz}`,
        )
      }
      arrays.set(id, { voxels, frames })
      return { id, type: typeOf(voxels), geometry, frames, slope, intercept, unit }
    },

    readFrame(id, frame) {
      const array = arrays.get(id)
      if (!array) {
        throw new UmbraError({
          code: 'voxels-gone',
          message: 'These voxels are no longer in memory.',
          hint: 'Load the series or compute the maps again.',
          where: id,
        })
      }
      if (!Number.isInteger(frame) || frame < 0 || frame >= array.frames) {
        throw new UmbraError({
          code: 'no-such-frame',
          message: `There is no frame ${frame}: the array has ${array.frames}.`,
          where: id,
        })
      }
      const { voxels, frames } = array
      const bytes = voxels.byteLength / frames
      return new Uint8Array(voxels.buffer, voxels.byteOffset + frame * bytes, bytes)
    },

    forget: (id) => void arrays.delete(id),
    clear: () => arrays.clear(),
  }
}
