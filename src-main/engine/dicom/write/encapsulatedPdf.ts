import { writeFileAtomically } from '../../files/atomic'
import { code, documentModules, sourceInstances, type ObjectContext } from './modules'
import { encodePart10, evenBytes, words, type Dataset } from './part10'

const ENCAPSULATED_PDF = '1.2.840.10008.5.1.4.1.1.104.1'

export interface EncapsulatedPdf extends ObjectContext {
  title: string
  pdf: Uint8Array
}

/**
 * Writes a PDF as a DICOM Encapsulated PDF (PS3.3 A.45.1), so that an archive keeps it with the study. Throws
 * `write-failed`.
 */
export async function writeEncapsulatedPdf(path: string, document: EncapsulatedPdf): Promise<void> {
  await writeFileAtomically(path, encodePart10(encapsulatedPdf(document)))
}

function encapsulatedPdf(document: EncapsulatedPdf): Dataset {
  return {
    ...documentModules(document, ENCAPSULATED_PDF, 'DOC'),
    ConversionType: 'WSD',
    AcquisitionDateTime: '',
    BurnedInAnnotation: 'YES',
    RecognizableVisualFeatures: 'NO',
    DocumentTitle: words(document.title),
    ConceptNameCodeSequence: [
      code({ value: '126000', scheme: 'DCM', meaning: 'Imaging Measurement Report' }),
    ],
    ...sourceInstances(document.source),
    MIMETypeOfEncapsulatedDocument: 'application/pdf',
    EncapsulatedDocumentLength: document.pdf.length,
    EncapsulatedDocument: evenBytes(document.pdf),
  }
}
