import { writeFileAtomically } from '../../files/atomic'
import { voxelToWorld } from '../../volume'
import {
  code,
  commonModules,
  dimensionModules,
  frameGroups,
  planeGroups,
  sourceReferences,
  type CodedConcept,
  type ObjectContext,
} from './modules'
import { decimalString, encodePart10, words, type Dataset } from './part10'

const PARAMETRIC_MAP_STORAGE = '1.2.840.10008.5.1.4.1.1.30'
const quantity: CodedConcept = { value: '246205007', scheme: 'SCT', meaning: 'Quantity' }
const brain: CodedConcept = { value: '12738006', scheme: 'SCT', meaning: 'Brain' }

export interface ParametricMap extends ObjectContext {
  /** One value per voxel of the geometry, in `unit`. */
  voxels: Float32Array
  /** Short name, at most 16 characters: "CBF". */
  label: string
  /** How the values were computed, in words. */
  explanation: string
  quantity: CodedConcept
  unit: CodedConcept
  /** Range to show first, in `unit`. */
  display: { lower: number; upper: number }
}

/**
 * Writes a map as a DICOM Parametric Map (PS3.3 A.75): one multi-frame object, a frame per slice, float pixels that
 * are the values themselves, with a real world value mapping that names quantity and unit. Throws `write-failed`.
 */
export async function writeParametricMap(path: string, map: ParametricMap): Promise<void> {
  await writeFileAtomically(path, encodePart10(parametricMap(map)))
}

function parametricMap(map: ParametricMap): Dataset {
  const { geometry, voxels } = map
  const [columns, rows, slices] = geometry.size
  const imageType = ['DERIVED', 'PRIMARY', 'VOLUME', 'QUANTITY']
  const { lower, upper } = map.display
  return {
    ...commonModules(map, PARAMETRIC_MAP_STORAGE, 'OT'),
    ...sourceReferences(map.source),
    ...dimensionModules(geometry),
    ImageType: imageType,
    PixelPresentation: 'MONOCHROME',
    ContentQualification: 'RESEARCH',
    ContentLabel: contentLabel(map.label),
    ContentDescription: words(map.explanation),
    ContentCreatorName: '',
    DerivationDescription: words(map.explanation, 1024),
    BurnedInAnnotation: 'NO',
    RecognizableVisualFeatures: 'NO',
    LossyImageCompression: '00',
    PresentationLUTShape: 'IDENTITY',
    AcquisitionContextSequence: [],

    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    NumberOfFrames: slices,
    Rows: rows,
    Columns: columns,
    BitsAllocated: 32,

    SharedFunctionalGroupsSequence: [
      {
        ...planeGroups(geometry),
        FrameAnatomySequence: [{ AnatomicRegionSequence: [code(brain)], FrameLaterality: 'U' }],
        FrameVOILUTSequence: [
          {
            WindowCenter: decimalString((lower + upper) / 2),
            WindowWidth: decimalString(upper - lower),
            VOILUTFunction: 'LINEAR_EXACT',
          },
        ],
        PixelValueTransformationSequence: [{ RescaleIntercept: '0', RescaleSlope: '1', RescaleType: 'US' }],
        ParametricMapFrameTypeSequence: [{ FrameType: imageType }],
        RealWorldValueMappingSequence: [realWorldValues(map)],
      },
    ],
    PerFrameFunctionalGroupsSequence: Array.from({ length: slices }, (_, slice) =>
      frameGroups(map.source, slice, voxelToWorld(geometry, [0, 0, slice]), slices),
    ),
    FloatPixelData: bytesOf(voxels),
  }
}

/** Pixel values are the values in the unit: slope 1, intercept 0, over the range that occurs. */
function realWorldValues(map: ParametricMap): Dataset {
  let [first, last] = [Infinity, -Infinity]
  const { voxels } = map
  for (let i = 0; i < voxels.length; i++) {
    const value = voxels[i]
    if (value < first) first = value
    if (value > last) last = value
  }
  return {
    LUTExplanation: words(`${map.quantity.meaning}, ${map.unit.meaning}`),
    LUTLabel: words(map.label, 16),
    MeasurementUnitsCodeSequence: [code(map.unit)],
    QuantityDefinitionSequence: [
      {
        ValueType: 'CODE',
        ConceptNameCodeSequence: [code(quantity)],
        ConceptCodeSequence: [code(map.quantity)],
      },
    ],
    DoubleFloatRealWorldValueFirstValueMapped: Number.isFinite(first) ? first : 0,
    DoubleFloatRealWorldValueLastValueMapped: Number.isFinite(last) ? last : 0,
    RealWorldValueIntercept: 0,
    RealWorldValueSlope: 1,
  }
}

/** Content label is a code string: capitals, digits, space and underscore. */
function contentLabel(label: string): string {
  return label
    .toUpperCase()
    .replace(/[^A-Z0-9_ ]/g, '_')
    .slice(0, 16)
}

/** The values as an ArrayBuffer of their own: dcmjs takes no view, and no shared memory. */
function bytesOf(voxels: Float32Array): ArrayBuffer {
  const copy = new Float32Array(voxels.length)
  copy.set(voxels)
  return copy.buffer
}
