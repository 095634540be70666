import type { Geometry } from '@contract'
import type { SourceIdentity } from '../../../src-main/engine/volume'

/** Who and what a made-up study is of; the name needs UTF-8. */
export function sourceOf(geometry: Geometry, change: Partial<SourceIdentity> = {}): SourceIdentity {
  return {
    studyInstanceUid: '1.2.826.0.1.3680043.8.498.1',
    seriesInstanceUid: '1.2.826.0.1.3680043.8.498.2',
    frameOfReference: '1.2.826.0.1.3680043.8.498.3',
    patientId: 'UMBRA-7',
    patientName: 'Müller^Zoë',
    patientBirthDate: '19540312',
    patientSex: 'F',
    studyDate: '20261103',
    studyTime: '101112.25',
    studyId: 'S1',
    studyDescription: 'Brain CTP',
    accessionNumber: 'A1',
    referringPhysician: 'Doe^Jo',
    seriesDescription: 'CTP 5.0',
    instances: Array.from({ length: geometry.size[2] }, (_, slice) => ({
      sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
      sopInstanceUid: `1.2.826.0.1.3680043.8.498.4.${slice + 1}`,
      frame: null,
    })),
    ...change,
  }
}

/** A field that differs in every voxel, with negative values and some that float32 cannot hold exactly. */
export function distinctValues(geometry: Geometry): Float32Array {
  const [nx, ny, nz] = geometry.size
  return Float32Array.from({ length: nx * ny * nz }, (_, i) => i / 7 - 3)
}
