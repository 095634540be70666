import type { NaturalizedDataset } from 'dcmjs'
import { voxelToWorld } from '../../volume'
import { decimal } from '../grid'
import { FIELD_OF_VIEW } from '../options'
import type { Phantom } from '../phantom'
import { deterministicUid } from '../uid'
import { dicomMoment, secondsOfDay } from './clock'

export const sopClasses = {
  ct: '1.2.840.10008.5.1.4.1.1.2',
  mr: '1.2.840.10008.5.1.4.1.1.4',
  enhancedCt: '1.2.840.10008.5.1.4.1.1.2.1',
} as const

/** HU of the stored value 0. */
export const CT_INTERCEPT = -1024

/** Patient, study, series, equipment and frame of reference: the same in every object of a phantom. */
export function commonAttributes(
  { options, geometry }: Phantom,
  manufacturer: string,
  seriesDescription: string,
): NaturalizedDataset {
  const start = dicomMoment(secondsOfDay(options.startTime))
  return {
    SpecificCharacterSet: 'ISO_IR 100',
    StudyDate: start.date,
    SeriesDate: start.date,
    StudyTime: start.time,
    SeriesTime: start.time,
    AccessionNumber: '',
    Modality: options.modality === 'mr' ? 'MR' : 'CT',
    Manufacturer: manufacturer,
    ReferringPhysicianName: '',
    StudyDescription: 'Digital perfusion phantom, research use only',
    SeriesDescription: seriesDescription,
    ManufacturerModelName: 'Umbra digital phantom',
    PatientName: options.kind === 'kudo' ? 'PHANTOM^KUDO' : 'PHANTOM^HEAD',
    PatientID: `UMBRA-${options.kind.toUpperCase()}-${options.seed}`,
    PatientBirthDate: '',
    PatientSex: 'O',
    PatientIdentityRemoved: 'YES',
    DeidentificationMethod: 'Computed, never a patient',
    ContrastBolusAgent: options.modality === 'mr' ? 'Gadolinium' : 'Iodinated contrast',
    BodyPartExamined: 'HEAD',
    DeviceSerialNumber: '1',
    SoftwareVersions: 'Umbra',
    ProtocolName: 'Brain perfusion',
    PatientPosition: 'HFS',
    StudyInstanceUID: deterministicUid(options, 'study'),
    SeriesInstanceUID: deterministicUid(options, 'series'),
    StudyID: '1',
    SeriesNumber: '4',
    FrameOfReferenceUID: geometry.frameOfReference,
    PositionReferenceIndicator: options.modality === 'mr' ? '' : 'OM',
  }
}

/** What a scanner of the modality says of its acquisition, in classic files. */
export function acquisitionAttributes({ options }: Phantom): NaturalizedDataset {
  if (options.modality === 'mr') {
    return {
      ScanningSequence: 'EP',
      SequenceVariant: 'SK',
      ScanOptions: '',
      MRAcquisitionType: '2D',
      SequenceName: 'epi',
      RepetitionTime: String(decimal(options.interval * 1000)),
      EchoTime: String(ECHO_TIME_MS),
      MagneticFieldStrength: '3',
      EchoTrainLength: '128',
      FlipAngle: '90',
    }
  }
  return {
    ScanOptions: options.shuttle ? 'SHUTTLE' : 'CINE MODE',
    KVP: '80',
    DataCollectionDiameter: '250',
    ReconstructionDiameter: String(FIELD_OF_VIEW),
    GantryDetectorTilt: String(options.tilt),
    ExposureTime: '1000',
    XRayTubeCurrent: '150',
    Exposure: '150',
    ConvolutionKernel: 'H20F',
  }
}

export const ECHO_TIME_MS = 30

/** Position and size of one slice. */
export function planeAttributes({ geometry, options }: Phantom, slice: number): NaturalizedDataset {
  const [x, y] = geometry.direction
  const position = voxelToWorld(geometry, [0, 0, slice]).map(decimal)
  return {
    SliceThickness: String(options.thickness),
    ImagePositionPatient: position.map(String),
    ImageOrientationPatient: [...x, ...y].map((value) => String(decimal(value))),
    SliceLocation: String(position[2]),
    PixelSpacing: [geometry.spacing[1], geometry.spacing[0]].map(String),
  }
}
