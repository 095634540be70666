import type { Protocol, ReadingCase, ReadingSource, VoxelArray } from '@contract'

/** What voxel ids and series keys of readings begin with. */
export const SCAN_PREFIX = 'reading-'

/** What is read, and what its reader must not know. */
export interface ScanOrder {
  readingId: string
  subject: ReadingCase
  source: ReadingSource
  blinding: Protocol['blinding']
  /** The source whose maps are made for proposals; null where there are to be none. */
  network: Pick<ReadingSource, 'model' | 'settings'> | null
}

/** What stands in the place of a frame of reference, a UID that names the scan. */
export const hiddenFrame = (readingId: string): string => `${SCAN_PREFIX}${readingId}`

/** The array, with what stands for its frame of reference. */
export function hideFrame<Described extends VoxelArray | null>(
  readingId: string,
  array: Described,
): Described {
  if (array === null) return array
  return { ...array, geometry: { ...array.geometry, frameOfReference: hiddenFrame(readingId) } }
}
