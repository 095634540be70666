import type { ReadingFormat } from '@contract'
import type { SeriesPlace } from '../../dicom'
import {
  completeIdentity,
  newUid,
  uidOf,
  withoutIdentity,
  writeMeasurementReport,
  writeSegmentation,
  type CodedConcept,
} from '../../dicom/write'
import { isSheared, sameGrid, writeNifti } from '../../volume'
import { unknownScan } from './caseScan'
import { overlaps, type ReadingContent } from './content'
import type { FileNames } from './naming'

const FIRST_SERIES_NUMBER = 9101
const abnormal: CodedConcept = {
  value: '49755003',
  scheme: 'SCT',
  meaning: 'Morphologically Abnormal Structure',
}

/** Where the files of a reading go: whole paths; NIfTI without its ending. */
export interface ReadingPlaces {
  seg: string
  sr: string
  nifti: string
}

export interface WriteRequest {
  content: ReadingContent
  names: FileNames
  /** Null: the files of the case are gone; `hidden`: the reader must not know which scan it is. */
  scan: SeriesPlace | 'hidden' | null
  identified: boolean
  formats: readonly ReadingFormat[]
  places: ReadingPlaces
}

/** Writes one reading in the formats asked for (CSV is for many). Resolves to what should be said of it. */
export async function writeReading(request: WriteRequest): Promise<string[]> {
  const { formats } = request
  const notes: string[] = []
  if (formats.includes('seg') || formats.includes('sr')) notes.push(...(await writeObjects(request)))
  if (formats.includes('nifti')) notes.push(...(await writeLabelmaps(request)))
  return notes
}

async function writeObjects(request: WriteRequest): Promise<string[]> {
  const { content, names, identified, formats, places } = request
  const { study, reading, geometry, structures, imported } = content
  const { place, notes } = placeOf(request)
  const { source, modality } = place
  const completed = completeIdentity(identified ? source : withoutIdentity(source, names.subject))
  const context = {
    source: completed,
    geometry,
    instanceNumber: 1,
    created: new Date(),
    deidentified: !identified,
    creator: names.creator,
  }
  const segments = structures.map(({ structure, voxels, millilitres }) => ({
    label: structure.name,
    description: `${structure.name}, drawn on ${structure.maps.map((map) => map.toUpperCase()).join(' and ')}`,
    category: abnormal,
    type: structure.term,
    colour: structure.colour,
    trackingId: `${structure.key} of reading ${reading.id}`,
    trackingUid: uidOf(`${structure.key} of reading ${reading.id}`),
    voxels,
    millilitres,
  }))
  const { thresholds, proposals } = study.protocol.assistance
  const read = `Reading${names.source === null ? '' : ` of ${names.source}`} by ${names.rater}`
  const seriesInstanceUid = newUid()
  const sopInstanceUid = await writeSegmentation(places.seg, {
    ...context,
    seriesInstanceUid,
    seriesNumber: FIRST_SERIES_NUMBER,
    seriesDescription: read,
    segments,
    assistance: thresholds || proposals ? 'Umbra drawing tools with proposals' : null,
    explanation: imported ? 'Drawn in another program, taken over by Umbra' : 'Drawn in Umbra',
  })
  if (formats.includes('sr')) {
    await writeMeasurementReport(places.sr, {
      ...context,
      seriesInstanceUid: newUid(),
      seriesNumber: FIRST_SERIES_NUMBER + 1,
      seriesDescription: `Volumes, ${read.toLowerCase()}`,
      modality,
      segmentation: { sopInstanceUid, seriesInstanceUid },
      measured: segments,
      complete: reading.state === 'signed',
    })
  }
  return notes
}

/** The scan that the objects refer to; where it is gone or another now, the frame of reference alone. */
function placeOf({ content, scan }: WriteRequest): { place: SeriesPlace; notes: string[] } {
  const { study, reading, geometry } = content
  if (scan === 'hidden') {
    // UIDs name a scan as a name does, and tell which readings are of one case.
    const frameOfReference = uidOf(`frame of reading ${reading.id}`)
    return {
      place: unknownScan({ ...geometry, frameOfReference }, `of reading ${reading.id}`),
      notes: ['it is blinded; the DICOM files refer to no images'],
    }
  }
  if (scan && sameGrid(scan.geometry, geometry)) return { place: scan, notes: [] }
  const why = scan ? 'the scan lies on another grid now' : 'the files of the scan could not be read'
  return {
    place: unknownScan(geometry, `${study.id} ${reading.case_key}`),
    notes: [`${why}; the DICOM files refer to the frame of reference only`],
  }
}

async function writeLabelmaps({ content, places }: WriteRequest): Promise<string[]> {
  const { geometry, structures } = content
  const description = 'Umbra reading, research use only'
  const sheared = isSheared(geometry)
    ? ['the slices are sheared (gantry tilt); ITK-SNAP does not open such a NIfTI file']
    : []
  const labelled = structures.map(({ structure, voxels }) => ({
    key: structure.key,
    labels: voxels.map((inside) => inside * structure.label),
  }))
  if (!overlaps(content)) {
    const all = new Uint8Array(labelled[0].labels.length)
    for (const { labels } of labelled) for (let i = 0; i < all.length; i++) all[i] |= labels[i]
    await writeNifti(`${places.nifti}.nii.gz`, geometry, all, { description })
    return sheared
  }
  for (const { key, labels } of labelled) {
    await writeNifti(`${places.nifti}_${key}.nii.gz`, geometry, labels, { description })
  }
  return [
    ...sheared,
    'structures overlap, which one NIfTI labelmap cannot hold; there is a file for each structure',
  ]
}
