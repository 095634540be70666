import { UmbraError, type Geometry, type ReadingCase } from '@contract'
import { seriesOfCase } from '../../cases/caseFiles'
import type { Run } from '../../compute/run'
import { openStudy, type SeriesPlace } from '../../dicom'
import { uidOf } from '../../dicom/write'

/** Where the series of a case lies and which images it is of; its pixels are not read. Throws `no-series`. */
export async function scanOfCase({ paths, seriesUid }: ReadingCase, run: Run): Promise<SeriesPlace> {
  const study = await openStudy(paths, run)
  try {
    const series = seriesOfCase(study.catalogue, seriesUid)
    if (!series) {
      throw new UmbraError({
        code: 'no-series',
        message: 'The series of this case is not among its files.',
        hint: 'The study’s owner must see that its files are where the protocol says.',
      })
    }
    return study.describe(series.key)
  } finally {
    await study.close()
  }
}

/** What stands for a scan that is gone, or not to be named: the grid it was drawn on, and a study of its own. */
export function unknownScan(geometry: Geometry, identity: string): SeriesPlace {
  return {
    geometry,
    modality: 'CT',
    source: {
      studyInstanceUid: uidOf(`study ${identity}`),
      seriesInstanceUid: '',
      frameOfReference: geometry.frameOfReference,
      ...{ patientId: '', patientName: '', patientBirthDate: '', patientSex: '' },
      ...{ studyDate: '', studyTime: '', studyId: '', studyDescription: '' },
      ...{ accessionNumber: '', referringPhysician: '', seriesDescription: '' },
      instances: [],
    },
  }
}
