import { open } from 'node:fs/promises'
import { UmbraError, type Structure } from '@contract'
import { readSegmentation } from '../dicom'
import { readNiftiLabels } from './niftiLabels'
import { segmentationStructures } from './segments'
import type { StructureMap } from './structureMap'

/** Reads a drawing, a NIfTI labelmap or a DICOM segmentation, told apart by its content. Throws, naming the file. */
export async function readStructures(path: string, structures: readonly Structure[]): Promise<StructureMap> {
  if (await isDicom(path)) {
    return segmentationStructures(readSegmentation(path), structures)
  }
  if (/\.dcm$/i.test(path)) {
    throw new UmbraError({
      code: 'seg-unreadable',
      message: 'This is not a DICOM file, or it is damaged.',
      hint: 'Export the segmentation again, as DICOM SEG without compression or as NIfTI.',
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
