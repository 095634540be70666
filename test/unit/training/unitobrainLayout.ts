import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MapName } from '@contract'
import { encodePart10, newUid, type Dataset } from '../../../src-main/engine/dicom/write'
import { frameRenderer, makePhantom, phantomOptions, phantomTruth } from '../../../src-main/engine/phantom'

const FILTERED = '_Registered_Filtered_3mm_20HU'
/** NLR_CBV stores hundredths, as its published header says (slope 0.01, intercept 0). */
const slopes: Partial<Record<MapName, number>> = { cbv: 0.01, cbf: 0.1, ttp: 0.01, mtt: 0.01, delay: 0.01 }
const folders: Partial<Record<MapName, string>> = { delay: 'NLR_Delay' }

export interface LayoutOptions {
  seed: number
  /** Of the maps that are written. */
  maps?: MapName[]
  studyUid?: string
}

/**
 * Writes a phantom as one patient of UniToBrain: `<patient>_Registered_Filtered_3mm_20HU/Filtered00001.dcm` …, one slice
 * of one time point a file, and `…_Maps/NLR_CBV/NLR_CBV00001.dcm` …, with the attributes that files of that data set
 * carry: unsigned 16 bit, slope 0.1 and intercept −1000 for images, an acquisition date that is none in the maps.
 */
export async function writeUnitobrainPatient(
  root: string,
  patient: string,
  { seed, maps = ['cbv', 'cbf', 'ttp', 'mtt', 'delay'], studyUid = newUid() }: LayoutOptions,
): Promise<void> {
  const phantom = await makePhantom(
    phantomOptions({
      size: 48,
      slices: 2,
      thickness: 10,
      interval: 3,
      volumes: 18,
      noise: 3,
      seed,
      lesion: 'mca-left:5+40',
    }),
  )
  const [nx, ny, nz] = phantom.geometry.size
  const frameOfReference = newUid()
  const plane = (slice: number): Dataset => ({
    PatientName: '',
    PatientID: patient,
    StudyInstanceUID: studyUid,
    FrameOfReferenceUID: frameOfReference,
    Modality: 'CT',
    Manufacturer: 'GE MEDICAL SYSTEMS',
    StudyDate: '20180111',
    SeriesDate: '20180111',
    SliceThickness: '10.000',
    SpacingBetweenSlices: '10.000',
    ImagePositionPatient: phantom.geometry.origin.map((value, axis) =>
      (value + phantom.geometry.direction[2][axis] * phantom.geometry.spacing[2] * slice).toFixed(3),
    ),
    ImageOrientationPatient: ['1.000000', '0.000000', '0.000000', '0.000000', '1.000000', '0.000000'],
    PixelSpacing: phantom.geometry.spacing.slice(0, 2).map((value) => value.toFixed(3)),
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    NumberOfFrames: 1,
    Rows: ny,
    Columns: nx,
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 0,
  })
  const series = (description: string): Dataset => ({
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
    SeriesInstanceUID: newUid(),
    SeriesDescription: description,
  })
  const write = async (folder: string, name: string, number: number, dataset: Dataset): Promise<void> => {
    await mkdir(folder, { recursive: true })
    const file = `${name}${String(number).padStart(5, '0')}.dcm`
    const about = { ...dataset, SOPInstanceUID: newUid(), InstanceNumber: number }
    await writeFile(join(folder, file), encodePart10(about))
  }

  const render = frameRenderer(phantom)
  const images = series('Registered_Filtered_3mm_20HU')
  for (let frame = 0; frame < phantom.frames; frame++) {
    const image = render(frame)
    for (let slice = 0; slice < nz; slice++) {
      const stored = Uint16Array.from(image.subarray(slice * nx * ny, (slice + 1) * nx * ny), (value) =>
        Math.min(65535, Math.max(0, Math.round((value + 1000) / 0.1))),
      )
      const seconds = 3 * frame
      await write(join(root, `${patient}${FILTERED}`), 'Filtered', frame * nz + slice + 1, {
        ...plane(slice),
        ...images,
        ImageType: ['ORIGINAL', 'SECONDARY', 'AXIAL'],
        AcquisitionDate: '20180111',
        AcquisitionTime: `0850${String(seconds).padStart(2, '0')}.702`,
        RescaleIntercept: '-1000.000',
        RescaleSlope: '0.100',
        RescaleType: 'US',
        PixelData: stored.buffer,
      })
    }
  }
  const truth = phantomTruth(phantom)
  for (const map of maps) {
    const name = folders[map] ?? `NLR_${map.toUpperCase()}`
    const slope = slopes[map] ?? 0.01
    const about = series(name)
    for (let slice = 0; slice < nz; slice++) {
      const values = truth.maps[map].subarray(slice * nx * ny, (slice + 1) * nx * ny)
      await write(join(root, `${patient}${FILTERED}_Maps`, name), name, slice + 1, {
        ...plane(slice),
        ...about,
        ImageType: ['DERIVED', 'SECONDARY', 'AXIAL'],
        AcquisitionDate: '10102',
        AcquisitionTime: '010704.992',
        RescaleIntercept: '0.000000',
        RescaleSlope: slope.toFixed(6),
        RescaleType: 'US',
        PixelData: Uint16Array.from(values, (value) => Math.round(value / slope)).buffer,
      })
    }
  }
}
