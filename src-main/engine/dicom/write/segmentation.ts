import { writeFileAtomically } from '../../files/atomic'
import { voxelToWorld } from '../../volume'
import { cieLab } from './colour'
import {
  code,
  commonModules,
  frameDerivation,
  planeGroups,
  planePosition,
  sourceReferences,
  type CodedConcept,
  type ObjectContext,
} from './modules'
import { encodePart10, newUid, personName, words, type Dataset } from './part10'

export const SEGMENTATION_STORAGE = '1.2.840.10008.5.1.4.1.1.66.4'

const SEGMENT_IDENTIFICATION_SEQUENCE = 0x0062000a
const REFERENCED_SEGMENT_NUMBER = 0x0062000b
const IMAGE_POSITION_PATIENT = 0x00200032
const PLANE_POSITION_SEQUENCE = 0x00209113

const brain: CodedConcept = { value: '12738006', scheme: 'SCT', meaning: 'Brain' }
const segmented: CodedConcept = { value: '113076', scheme: 'DCM', meaning: 'Segmentation' }

/** One structure; segments may overlap. */
export interface Segment {
  label: string
  description: string
  category: CodedConcept
  type: CodedConcept
  /** "#rrggbb" */
  colour: string
  /** The same for the same structure of the same reading, however often it is written. */
  trackingId: string
  trackingUid: string
  /** nx·ny·nz of the geometry, 0 outside. */
  voxels: Uint8Array
}

export interface SegmentationObject extends ObjectContext {
  /** Numbered from 1 in this order. */
  segments: readonly Segment[]
  /** Null: drawn by hand alone; else the name of what helped. */
  assistance: string | null
  /** Whose drawing it is, as a DICOM person's name. */
  creator: string
  /** What it is and how it came about, in words. */
  explanation: string
}

/**
 * Writes drawings as a DICOM Segmentation (PS3.3 A.51), binary, one object with a segment for each structure. Every
 * segment has a frame for every slice, also empty ones, so that the grid and an empty drawing read back as they were.
 * Resolves to its SOP Instance UID. Throws `write-failed`.
 */
export async function writeSegmentation(path: string, object: SegmentationObject): Promise<string> {
  const dataset = segmentation(object)
  await writeFileAtomically(path, encodePart10(dataset))
  return String(dataset.SOPInstanceUID)
}

function segmentation(object: SegmentationObject): Dataset {
  const { geometry, segments, source } = object
  const [columns, rows, slices] = geometry.size
  return {
    ...commonModules(object, SEGMENTATION_STORAGE, 'SEG'),
    ...sourceReferences(source),
    ...dimensions(),
    ...ownScheme(segments),
    ImageType: ['DERIVED', 'PRIMARY'],
    ContentLabel: 'READING',
    ContentDescription: words(object.explanation),
    ContentCreatorName: personName(object.creator),
    ContentQualification: 'RESEARCH',
    BurnedInAnnotation: 'NO',
    LossyImageCompression: '00',

    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    PixelRepresentation: 0,
    NumberOfFrames: segments.length * slices,
    Rows: rows,
    Columns: columns,
    BitsAllocated: 1,
    BitsStored: 1,
    HighBit: 0,

    SegmentationType: 'BINARY',
    SegmentSequence: segments.map((segment, s) => segmentItem(object, segment, s + 1)),
    SharedFunctionalGroupsSequence: [planeGroups(geometry)],
    PerFrameFunctionalGroupsSequence: segments.flatMap((_, s) =>
      Array.from({ length: slices }, (__, slice) => ({
        FrameContentSequence: [{ DimensionIndexValues: [s + 1, slice + 1] }],
        ...planePosition(voxelToWorld(geometry, [0, 0, slice])),
        SegmentIdentificationSequence: [{ ReferencedSegmentNumber: s + 1 }],
        ...frameDerivation(source, slice, slices, segmented),
      })),
    ),
    PixelData: packedBits(segments.map(({ voxels }) => voxels)),
  }
}

function segmentItem({ assistance }: SegmentationObject, segment: Segment, number: number): Dataset {
  return {
    SegmentNumber: number,
    SegmentLabel: words(segment.label),
    SegmentDescription: words(segment.description, 1024),
    SegmentAlgorithmType: assistance === null ? 'MANUAL' : 'SEMIAUTOMATIC',
    ...(assistance === null ? {} : { SegmentAlgorithmName: words(assistance) }),
    SegmentedPropertyCategoryCodeSequence: [code(segment.category)],
    SegmentedPropertyTypeCodeSequence: [code(segment.type)],
    AnatomicRegionSequence: [code(brain)],
    RecommendedDisplayCIELabValue: cieLab(segment.colour),
    TrackingID: words(segment.trackingId),
    TrackingUID: segment.trackingUid,
  }
}

/** Frames are ordered by segment, then by their position along the stack. */
function dimensions(): Dataset {
  const organisation = newUid()
  return {
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: organisation }],
    DimensionIndexSequence: [
      {
        DimensionOrganizationUID: organisation,
        DimensionIndexPointer: REFERENCED_SEGMENT_NUMBER,
        FunctionalGroupPointer: SEGMENT_IDENTIFICATION_SEQUENCE,
        DimensionDescriptionLabel: 'Segment Number',
      },
      {
        DimensionOrganizationUID: organisation,
        DimensionIndexPointer: IMAGE_POSITION_PATIENT,
        FunctionalGroupPointer: PLANE_POSITION_SEQUENCE,
        DimensionDescriptionLabel: 'Image Position (Patient)',
      },
    ],
  }
}

/** Who is responsible for codes that no public terminology has (PS3.3 C.12.1.1.8). */
export function ownScheme(coded: readonly { type: CodedConcept }[]): Dataset {
  if (!coded.some(({ type }) => type.scheme === '99UMBRA')) return {}
  return {
    CodingSchemeIdentificationSequence: [
      {
        CodingSchemeDesignator: '99UMBRA',
        CodingSchemeName: 'Umbra private codes',
        CodingSchemeResponsibleOrganization: 'The Umbra authors',
      },
    ],
  }
}

/** All frames as one stream of bits, the first in the lowest bit, without gaps between frames (PS3.5 8.1.1). */
function packedBits(layers: readonly Uint8Array[]): ArrayBuffer {
  const bits = layers.reduce((sum, { length }) => sum + length, 0)
  const bytes = new Uint8Array(2 * Math.ceil(bits / 16))
  let at = 0
  for (const voxels of layers) {
    for (let i = 0; i < voxels.length; i++, at++) if (voxels[i] !== 0) bytes[at >> 3] |= 1 << (at & 7)
  }
  return bytes.buffer
}
