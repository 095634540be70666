import { openStudy } from '../../src-main/engine/dicom'

/** Reads the series of a folder into memory. Its voxels must be as many as the headers say. */
export async function openAndLoad(folder: string): Promise<void> {
  const study = await openStudy([folder])
  try {
    const [series] = study.catalogue.studies[0].series
    const volume = await study.load(series.key)
    const [nx, ny, nz] = volume.geometry.size
    if (volume.frames * nx * ny * nz !== volume.voxels.length || volume.frames !== series.timePoints) {
      throw new Error('not all read')
    }
  } finally {
    await study.close()
  }
}
