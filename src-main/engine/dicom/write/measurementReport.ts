import { writeFileAtomically } from '../../files/atomic'
import { code, documentModules, isUid, type CodedConcept, type ObjectContext } from './modules'
import { decimalString, encodePart10, personName, words, type Dataset } from './part10'
import { ownScheme, SEGMENTATION_STORAGE, type Segment } from './segmentation'

const COMPREHENSIVE_3D_SR = '1.2.840.10008.5.1.4.1.1.88.34'

const dcm = (value: string, meaning: string): CodedConcept => ({ value, scheme: 'DCM', meaning })
const sct = (value: string, meaning: string): CodedConcept => ({ value, scheme: 'SCT', meaning })

const brain = sct('12738006', 'Brain')
const volume = sct('118565006', 'Volume')
const millilitre: CodedConcept = { value: 'mL', scheme: 'UCUM', meaning: 'milliliter' }
const english: CodedConcept = { value: 'en', scheme: 'RFC5646', meaning: 'English' }
const procedures: Record<string, CodedConcept> = {
  CT: { value: '39142-5', scheme: 'LN', meaning: 'CT perfusion head with contrast IV' },
  MR: sct('113091000', 'Magnetic resonance imaging'),
}

export interface MeasurementReport extends ObjectContext {
  /** Of the images read: CT or MR. */
  modality: string
  /** The segmentation that was measured. */
  segmentation: { sopInstanceUid: string; seriesInstanceUid: string }
  /** Its segments, in their order, with their volume in ml. */
  measured: readonly (Omit<Segment, 'voxels'> & { millilitres: number })[]
  /** Whose drawing it is, as a DICOM person's name. */
  creator: string
  /** Whether it is signed. */
  complete: boolean
}

/**
 * Writes the volumes of drawings as a DICOM structured report: TID 1500 (Imaging Measurement Report) with one TID 1411
 * group a segment, as Comprehensive 3D SR. Throws `write-failed`.
 */
export async function writeMeasurementReport(path: string, report: MeasurementReport): Promise<void> {
  await writeFileAtomically(path, encodePart10(measurementReport(report)))
}

function measurementReport(report: MeasurementReport): Dataset {
  const { segmentation, source } = report
  return {
    ...documentModules(report, COMPREHENSIVE_3D_SR, 'SR'),
    ...ownScheme(report.measured),
    CompletionFlag: report.complete ? 'COMPLETE' : 'PARTIAL',
    VerificationFlag: 'UNVERIFIED',
    ReferencedPerformedProcedureStepSequence: [],
    PerformedProcedureCodeSequence: [],
    CurrentRequestedProcedureEvidenceSequence: [
      {
        StudyInstanceUID: source.studyInstanceUid,
        ReferencedSeriesSequence: [
          {
            SeriesInstanceUID: segmentation.seriesInstanceUid,
            ReferencedSOPSequence: [segmentationReference(segmentation.sopInstanceUid)],
          },
        ],
      },
    ],
    ...container(dcm('126000', 'Imaging Measurement Report'), '1500', [
      related(
        'HAS CONCEPT MOD',
        codeItem(dcm('121049', 'Language of Content Item and Descendants'), english),
      ),
      related('HAS OBS CONTEXT', codeItem(dcm('121005', 'Observer Type'), dcm('121006', 'Person'))),
      related('HAS OBS CONTEXT', {
        ValueType: 'PNAME',
        ConceptNameCodeSequence: [code(dcm('121008', 'Person Observer Name'))],
        PersonName: personName(report.creator),
      }),
      related(
        'HAS CONCEPT MOD',
        codeItem(dcm('121058', 'Procedure reported'), procedures[report.modality] ?? procedures.CT),
      ),
      related(
        'CONTAINS',
        container(
          dcm('126010', 'Imaging Measurements'),
          null,
          report.measured.map((_, s) => related('CONTAINS', measurementGroup(report, s))),
        ),
      ),
    ]),
  }
}

/** TID 1411: what was drawn, where, how large, and the segment that shows it. */
function measurementGroup({ measured, segmentation, source }: MeasurementReport, s: number): Dataset {
  const { trackingId, trackingUid, category, type, millilitres } = measured[s]
  return container(dcm('125007', 'Measurement Group'), '1411', [
    related('HAS OBS CONTEXT', {
      ValueType: 'TEXT',
      ConceptNameCodeSequence: [code(dcm('112039', 'Tracking Identifier'))],
      TextValue: words(trackingId),
    }),
    related('HAS OBS CONTEXT', uidItem(dcm('112040', 'Tracking Unique Identifier'), trackingUid)),
    related('CONTAINS', codeItem(sct('276214006', 'Finding category'), category)),
    related('CONTAINS', codeItem(dcm('121071', 'Finding'), type)),
    related('HAS CONCEPT MOD', codeItem(sct('363698007', 'Finding Site'), brain)),
    related('CONTAINS', {
      ValueType: 'IMAGE',
      ConceptNameCodeSequence: [code(dcm('121191', 'Referenced Segment'))],
      ReferencedSOPSequence: [
        { ...segmentationReference(segmentation.sopInstanceUid), ReferencedSegmentNumber: s + 1 },
      ],
    }),
    ...(isUid(source.seriesInstanceUid)
      ? [
          related(
            'CONTAINS',
            uidItem(dcm('121232', 'Source series for segmentation'), source.seriesInstanceUid),
          ),
        ]
      : []),
    related('CONTAINS', {
      ValueType: 'NUM',
      ConceptNameCodeSequence: [code(volume)],
      MeasuredValueSequence: [
        {
          NumericValue: decimalString(millilitres),
          FloatingPointValue: millilitres,
          MeasurementUnitsCodeSequence: [code(millilitre)],
        },
      ],
    }),
  ])
}

const segmentationReference = (sopInstanceUid: string): Dataset => ({
  ReferencedSOPClassUID: SEGMENTATION_STORAGE,
  ReferencedSOPInstanceUID: sopInstanceUid,
})

const related = (relationship: string, item: Dataset): Dataset => ({
  RelationshipType: relationship,
  ...item,
})

function container(name: CodedConcept, template: string | null, content: Dataset[]): Dataset {
  return {
    ValueType: 'CONTAINER',
    ConceptNameCodeSequence: [code(name)],
    ContinuityOfContent: 'SEPARATE',
    ...(template === null
      ? {}
      : { ContentTemplateSequence: [{ MappingResource: 'DCMR', TemplateIdentifier: template }] }),
    ContentSequence: content,
  }
}

const codeItem = (name: CodedConcept, value: CodedConcept): Dataset => ({
  ValueType: 'CODE',
  ConceptNameCodeSequence: [code(name)],
  ConceptCodeSequence: [code(value)],
})

const uidItem = (name: CodedConcept, uid: string): Dataset => ({
  ValueType: 'UIDREF',
  ConceptNameCodeSequence: [code(name)],
  UID: uid,
})
