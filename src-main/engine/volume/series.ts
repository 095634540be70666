import type { Geometry } from '@contract'

export type Voxels = Int16Array | Uint8Array | Float32Array

/** What a derived DICOM object must repeat of its source: who, which study, which images. */
export interface SourceIdentity {
  studyInstanceUid: string
  seriesInstanceUid: string
  frameOfReference: string
  patientId: string
  patientName: string
  patientBirthDate: string
  patientSex: string
  studyDate: string
  studyTime: string
  studyId: string
  studyDescription: string
  accessionNumber: string
  referringPhysician: string
  seriesDescription: string
  /**
   * The instances of the first time point, [slice]; shorter where a slice was interpolated. `frame` counts from 1, as
   * DICOM does; null in a file with a single frame.
   */
  instances: { sopClassUid: string; sopInstanceUid: string; frame: number | null }[]
}

/**
 * A series in memory, 3-D or 4-D. `voxels` lies on a SharedArrayBuffer, x fastest, then y, z, frame; value =
 * stored × slope + intercept in `unit`. `times` are the real acquisition times, [frame × slices + slice], seconds from
 * the earliest; a 3-D series has one frame at 0.
 */
export interface VolumeSeries {
  key: string
  kind: 'ct-perfusion' | 'mr-perfusion' | 'volume' | 'other'
  modality: string
  description: string
  geometry: Geometry
  frames: number
  voxels: Voxels
  slope: number
  intercept: number
  unit: string
  times: Float64Array
  /** Seconds; DSC-MRI needs it to turn signal into concentration. */
  echoTime: number | null
  /** Display window from the files, in `unit`. */
  window: { center: number; width: number } | null
  source: SourceIdentity
  warnings: string[]
}

/** Voxels of one frame (nx·ny·nz), a view without a copy. */
export function frameOf(series: Pick<VolumeSeries, 'geometry' | 'voxels'>, frame: number): Voxels {
  const [nx, ny, nz] = series.geometry.size
  const length = nx * ny * nz
  return series.voxels.subarray(frame * length, (frame + 1) * length)
}
