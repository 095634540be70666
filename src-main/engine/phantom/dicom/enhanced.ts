import type { NaturalizedDataset } from 'dcmjs'
import type { Phantom } from '../phantom'
import { deterministicUid } from '../uid'
import type { DicomEncoder } from './classic'
import { dicomMoment, secondsOfDay } from './clock'
import { acquisitionAttributes, commonAttributes, CT_INTERCEPT, planeAttributes, sopClasses } from './dataset'
import { encodeHeader, pixelDataElement } from './encode'

const MANUFACTURER = 'CANON_MEC'
const SERIES_DESCRIPTION = 'Brain Perfusion 4D'
const FRAME_TYPE = ['ORIGINAL', 'PRIMARY', 'VOLUME', 'NONE']
/** Of a rotation, ms. */
const ROTATION = 500

/**
 * Encodes the time points of a CT phantom as Enhanced CT multi-frame images, a file for each or (oneFile) one for all,
 * which then grows by every time point. Frames run feet to head, then in time.
 */
export function enhancedEncoder(phantom: Phantom): DicomEncoder {
  const { options, frames, geometry } = phantom
  const [nx, ny, nz] = geometry.size
  const bytes = nx * ny * nz * 2
  const header = (first: number, count: number): Uint8Array[] => [
    encodeHeader(enhancedAttributes(phantom, first, count)),
    pixelDataElement(bytes * count),
  ]
  return (frame, image) => {
    const pixels = storedPixels(image)
    if (!options.oneFile) {
      const path = `${String(frame + 1).padStart(4, '0')}.dcm`
      return [{ path, parts: [...header(frame, 1), pixels] }]
    }
    return [{ path: '0001.dcm', parts: [...(frame === 0 ? header(0, frames) : []), pixels] }]
  }
}

/** 12 bits, unsigned. */
function storedPixels(image: Int16Array): Uint8Array {
  const stored = new Uint16Array(image.length)
  for (let i = 0; i < image.length; i++) stored[i] = image[i] - CT_INTERCEPT
  return new Uint8Array(stored.buffer)
}

function enhancedAttributes(phantom: Phantom, first: number, count: number): NaturalizedDataset {
  const { options, geometry } = phantom
  const [columns, rows, slices] = geometry.size
  const began = momentOf(phantom, first, 0)
  const dimensions = deterministicUid(options, 'dimensions')
  const { ContrastBolusAgent: _classicOnly, ...common } = commonAttributes(
    phantom,
    MANUFACTURER,
    SERIES_DESCRIPTION,
  )
  return {
    ...common,
    SOPClassUID: sopClasses.enhancedCt,
    SOPInstanceUID: deterministicUid(options, 'instance', first, count),
    ImageType: FRAME_TYPE,
    InstanceNumber: String(first + 1),
    AcquisitionNumber: String(first + 1),
    ContentDate: began.date,
    ContentTime: began.time,
    AcquisitionDateTime: began.date + began.time,
    AcquisitionDuration: ((count - 1) * options.interval * 1000 + ROTATION) / 1000,
    SynchronizationFrameOfReferenceUID: deterministicUid(options, 'clock'),
    SynchronizationTrigger: 'NO TRIGGER',
    AcquisitionTimeSynchronized: 'N',
    ContentQualification: 'RESEARCH',
    PixelPresentation: 'MONOCHROME',
    VolumetricProperties: 'VOLUME',
    VolumeBasedCalculationTechnique: 'NONE',
    PresentationLUTShape: 'IDENTITY',
    MultienergyCTAcquisition: 'NO',
    LossyImageCompression: '00',
    BurnedInAnnotation: 'NO',
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: rows,
    Columns: columns,
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    NumberOfFrames: String(slices * count),
    AcquisitionContextSequence: [],
    ContrastBolusAgentSequence: [contrastAgent],
    DimensionOrganizationType: '3D_TEMPORAL',
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: dimensions }],
    DimensionIndexSequence: [0x00209056, 0x00209057, 0x00209128].map((pointer) => ({
      DimensionOrganizationUID: dimensions,
      DimensionIndexPointer: pointer,
      FunctionalGroupPointer: 0x00209111,
    })),
    SharedFunctionalGroupsSequence: [sharedGroups(phantom)],
    PerFrameFunctionalGroupsSequence: Array.from({ length: slices * count }, (_, index) =>
      frameGroups(phantom, first + Math.floor(index / slices), index % slices, first),
    ),
  }
}

function code(value: string, scheme: string, meaning: string): NaturalizedDataset {
  return { CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning }
}

const contrastAgent: NaturalizedDataset = {
  ...code('385420005', 'SCT', 'Contrast Media'),
  ContrastBolusAgentNumber: 1,
  ContrastBolusAdministrationRouteSequence: [code('47625008', 'SCT', 'Intravenous route')],
  ContrastBolusIngredientCodeSequence: [code('44588005', 'SCT', 'Iodine')],
  ContrastBolusVolume: '40',
  ContrastBolusIngredientConcentration: 370,
}

function momentOf(
  { options, times, geometry }: Phantom,
  frame: number,
  slice: number,
): { date: string; time: string } {
  return dicomMoment(secondsOfDay(options.startTime) + times[frame * geometry.size[2] + slice])
}

/** What all frames of a file have in common. */
function sharedGroups(phantom: Phantom): NaturalizedDataset {
  const { SliceThickness, PixelSpacing, ImageOrientationPatient } = planeAttributes(phantom, 0)
  const scanner = acquisitionAttributes(phantom)
  return {
    PixelMeasuresSequence: [{ SliceThickness, PixelSpacing }],
    PlaneOrientationSequence: [{ ImageOrientationPatient }],
    FrameAnatomySequence: [
      { FrameLaterality: 'U', AnatomicRegionSequence: [code('69536005', 'SCT', 'Head')] },
    ],
    PixelValueTransformationSequence: [
      { RescaleIntercept: String(CT_INTERCEPT), RescaleSlope: '1', RescaleType: 'HU' },
    ],
    FrameVOILUTSequence: [{ WindowCenter: '40', WindowWidth: '80' }],
    CTImageFrameTypeSequence: [
      {
        FrameType: FRAME_TYPE,
        PixelPresentation: 'MONOCHROME',
        VolumetricProperties: 'VOLUME',
        VolumeBasedCalculationTechnique: 'NONE',
      },
    ],
    CTAcquisitionTypeSequence: [
      { AcquisitionType: 'STATIONARY', ConstantVolumeFlag: 'NO', FluoroscopyFlag: 'NO' },
    ],
    CTAcquisitionDetailsSequence: [
      {
        RotationDirection: 'CW',
        RevolutionTime: ROTATION / 1000,
        SingleCollimationWidth: phantom.options.thickness,
        TotalCollimationWidth: phantom.options.thickness * phantom.geometry.size[2],
        TableHeight: 0,
        GantryDetectorTilt: scanner.GantryDetectorTilt,
        DataCollectionDiameter: scanner.DataCollectionDiameter,
      },
    ],
    CTTableDynamicsSequence: [{ TableSpeed: 0, TableFeedPerRotation: 0, SpiralPitchFactor: 0 }],
    IrradiationEventIdentificationSequence: [
      { IrradiationEventUID: deterministicUid(phantom.options, 'irradiation') },
    ],
    CTGeometrySequence: [{ DistanceSourceToDetector: '1072', DistanceSourceToDataCollectionCenter: 600 }],
    CTReconstructionSequence: [
      {
        ReconstructionAlgorithm: 'FILTER_BACK_PROJ',
        ConvolutionKernel: scanner.ConvolutionKernel,
        ConvolutionKernelGroup: 'BRAIN',
        ReconstructionPixelSpacing: PixelSpacing,
        ReconstructionDiameter: scanner.ReconstructionDiameter,
        ReconstructionAngle: 360,
        ImageFilter: 'NONE',
      },
    ],
    CTExposureSequence: [
      {
        ExposureTimeInms: ROTATION,
        XRayTubeCurrentInmA: 150,
        ExposureInmAs: 75,
        ExposureModulationType: 'NONE',
      },
    ],
    CTXRayDetailsSequence: [
      {
        KVP: scanner.KVP,
        FocalSpots: 0.9,
        FilterType: 'NONE',
        FilterMaterial: 'ALUMINUM',
        CalciumScoringMassFactorPatient: 1,
      },
    ],
    ContrastBolusUsageSequence: [
      {
        ContrastBolusAgentNumber: 1,
        ContrastBolusAgentAdministered: 'YES',
        ContrastBolusAgentDetected: 'YES',
      },
    ],
  }
}

function frameGroups(phantom: Phantom, frame: number, slice: number, first: number): NaturalizedDataset {
  const { ImagePositionPatient } = planeAttributes(phantom, slice)
  const { date, time } = momentOf(phantom, frame, slice)
  return {
    FrameContentSequence: [
      {
        FrameAcquisitionNumber: frame + 1,
        FrameReferenceDateTime: date + time,
        FrameAcquisitionDateTime: date + time,
        FrameAcquisitionDuration: ROTATION,
        DimensionIndexValues: [1, slice + 1, frame - first + 1],
        StackID: '1',
        InStackPositionNumber: slice + 1,
        TemporalPositionIndex: frame - first + 1,
      },
    ],
    PlanePositionSequence: [{ ImagePositionPatient }],
    CTPositionSequence: [
      {
        TablePosition: Number((ImagePositionPatient as string[])[2]),
        DataCollectionCenterPatient: [0, 0, Number((ImagePositionPatient as string[])[2])],
        ReconstructionTargetCenterPatient: [0, 0, Number((ImagePositionPatient as string[])[2])],
      },
    ],
  }
}
