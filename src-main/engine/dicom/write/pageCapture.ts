import { writeFileAtomically } from '../../files/atomic'
import { documentModules, sourceReferences, type ObjectContext } from './modules'
import { encodePart10, evenBytes, words, type Dataset } from './part10'

const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7'

export interface PageCapture extends ObjectContext {
  /** [row][column][red, green, blue], 8 bits each. */
  pixels: Uint8Array
  rows: number
  columns: number
  explanation: string
}

/**
 * Writes one colour picture that is no slice of the patient, such as a page of results, as a DICOM Secondary Capture
 * (PS3.3 A.8.1). Throws `write-failed`.
 */
export async function writePageCapture(path: string, capture: PageCapture): Promise<void> {
  await writeFileAtomically(path, encodePart10(pageCapture(capture)))
}

function pageCapture(capture: PageCapture): Dataset {
  const { rows, columns, pixels } = capture
  if (pixels.length !== rows * columns * 3) {
    throw new Error(`${pixels.length} bytes are no colour picture of ${columns} × ${rows}`)
  }
  return {
    ...documentModules(capture, SECONDARY_CAPTURE, 'OT'),
    ...sourceReferences(capture.source),
    BodyPartExamined: 'HEAD',
    ConversionType: 'WSD',
    ImageType: ['DERIVED', 'SECONDARY'],
    PatientOrientation: null,
    DerivationDescription: words(capture.explanation, 1024),
    ImageComments: 'Research use only, not for diagnosis',
    BurnedInAnnotation: 'YES',
    RecognizableVisualFeatures: 'NO',
    LossyImageCompression: '00',
    SamplesPerPixel: 3,
    PhotometricInterpretation: 'RGB',
    PlanarConfiguration: 0,
    Rows: rows,
    Columns: columns,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    PixelData: evenBytes(pixels),
  }
}
