import { writeFileAtomically } from '../../files/atomic'
import { voxelToWorld } from '../../volume'
import { commonModules, planeGroups, planePosition, sourceReferences, type ObjectContext } from './modules'
import { encodePart10, evenBytes, words, type Dataset } from './part10'

const MULTIFRAME_TRUE_COLOUR = '1.2.840.10008.5.1.4.1.1.7.4'

export interface SecondaryCapture extends ObjectContext {
  /** [slice][row][column][red, green, blue], 8 bits each; one picture per slice of the geometry. */
  pixels: Uint8Array
  rows: number
  columns: number
  /** Picture pixels per voxel along both axes; the voxel grid begins in the top left corner of each picture. */
  magnification: number
  /** What the picture shows and how it was made, in words. */
  explanation: string
}

/**
 * Writes colour pictures as a DICOM Multi-frame True Color Secondary Capture (PS3.3 A.8.5), a frame per slice, placed
 * in patient space: pixel (0, 0) is the top left of the voxel grid, so a viewer can put them on the source images.
 * Throws `write-failed`.
 */
export async function writeSecondaryCapture(path: string, capture: SecondaryCapture): Promise<void> {
  await writeFileAtomically(path, encodePart10(secondaryCapture(capture)))
}

function secondaryCapture(capture: SecondaryCapture): Dataset {
  const { geometry, magnification, rows, columns } = capture
  const slices = geometry.size[2]
  if (capture.pixels.length !== slices * rows * columns * 3) {
    throw new Error(
      `${capture.pixels.length} bytes are not ${slices} colour pictures of ${columns} × ${rows}`,
    )
  }
  const halfVoxelBack = (1 / magnification - 1) / 2
  return {
    ...commonModules(capture, MULTIFRAME_TRUE_COLOUR, 'OT'),
    ...sourceReferences(capture.source),
    ConversionType: 'WSD',
    ImageType: ['DERIVED', 'SECONDARY', 'VOLUME', 'QUANTITY'],
    PatientOrientation: null,
    DerivationDescription: words(capture.explanation, 1024),
    ImageComments: 'Research use only, not for diagnosis',
    BurnedInAnnotation: 'YES',
    RecognizableVisualFeatures: 'NO',
    LossyImageCompression: '00',

    SamplesPerPixel: 3,
    PhotometricInterpretation: 'RGB',
    PlanarConfiguration: 0,
    NumberOfFrames: slices,
    FrameIncrementPointer: PER_FRAME_FUNCTIONAL_GROUPS,
    Rows: rows,
    Columns: columns,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,

    SharedFunctionalGroupsSequence: [planeGroups(geometry, magnification)],
    PerFrameFunctionalGroupsSequence: Array.from({ length: slices }, (_, slice) =>
      planePosition(voxelToWorld(geometry, [halfVoxelBack, halfVoxelBack, slice])),
    ),
    PixelData: evenBytes(capture.pixels),
  }
}

const PER_FRAME_FUNCTIONAL_GROUPS = 0x52009230
