import { cache, volumeLoader, type Types } from '@cornerstonejs/core'
import type { VoxelArray } from '@contract'
import { useVoxels } from './voxels'

export const VOLUME_SCHEME = 'umbra-volume'
const PREFIX = `${VOLUME_SCHEME}:`
export interface SlicePlace {
  array: VoxelArray
  frame: number
  slice: number
}

const users = new Map<string, number>()

const volumeIdOf = (array: VoxelArray): string => `${PREFIX}${encodeURIComponent(array.id)}`

/**
 * The array's first frame as a Cornerstone volume, made once for all panes that show it. Its grid must not be sheared.
 * Every acquired volume needs one `releaseVolume`; the last gives the memory back.
 */
export async function acquireVolume(array: VoxelArray): Promise<string> {
  const volumeId = volumeIdOf(array)
  users.set(volumeId, (users.get(volumeId) ?? 0) + 1)
  const values = await useVoxels().frame(array.id, 0)
  // Cornerstone silently keeps a volume of the same name; ours are named after what they hold, so that is right.
  if (cache.getVolume(volumeId)) return volumeId
  const { size, spacing, origin, direction, frameOfReference } = array.geometry
  volumeLoader.createLocalVolume(volumeId, {
    scalarData: values,
    dimensions: size,
    spacing,
    origin,
    direction: direction.flat() as unknown as Types.Mat3,
    metadata: {
      BitsAllocated: values.BYTES_PER_ELEMENT * 8,
      BitsStored: values.BYTES_PER_ELEMENT * 8,
      HighBit: values.BYTES_PER_ELEMENT * 8 - 1,
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      PixelRepresentation: array.type === 'uint8' ? 0 : 1,
      Modality: array.unit === 'HU' ? 'CT' : 'MR',
      SeriesInstanceUID: array.id,
      FrameOfReferenceUID: frameOfReference,
      ImageOrientationPatient: [...direction[0], ...direction[1]],
      PixelSpacing: [spacing[1], spacing[0]],
      Columns: size[0],
      Rows: size[1],
      voiLut: [],
      VOILUTFunction: 'LINEAR',
    },
  })
  return volumeId
}

export function releaseVolume(array: VoxelArray): void {
  const volumeId = volumeIdOf(array)
  const left = (users.get(volumeId) ?? 1) - 1
  if (left > 0) {
    users.set(volumeId, left)
    return
  }
  users.delete(volumeId)
  const volume = cache.getVolume(volumeId)
  if (!volume) return
  const imageIds = [...volume.imageIds]
  cache.removeVolumeLoadObject(volumeId)
  for (const imageId of imageIds) {
    if (cache.getImageLoadObject(imageId)) cache.removeImageLoadObject(imageId, { force: true })
  }
}

/** The array and slice a slice image of a local volume stands for: Cornerstone names them `<volume>_slice_<k>`. */
export function volumeSliceOf(imageId: string): SlicePlace | null {
  const match = imageId.startsWith(PREFIX) ? /^(.*)_slice_(\d+)$/.exec(imageId.slice(PREFIX.length)) : null
  const array = match && useVoxels().array(decodeURIComponent(match[1]))
  return match && array ? { array, frame: 0, slice: Number(match[2]) } : null
}
