export { writeEncapsulatedPdf, type EncapsulatedPdf } from './encapsulatedPdf'
export { writeMeasurementReport, type MeasurementReport } from './measurementReport'
export { completeIdentity, withoutIdentity, type CodedConcept, type ObjectContext } from './modules'
export { writePageCapture, type PageCapture } from './pageCapture'
export { writeParametricMap, type ParametricMap } from './parametricMap'
export {
  decimalString,
  dicomTime,
  encodePart10,
  newUid,
  text,
  uidOf,
  type Dataset,
  type DicomValue,
} from './part10'
export { writeSecondaryCapture, type SecondaryCapture } from './secondaryCapture'
export { writeSegmentation, type Segment, type SegmentationObject } from './segmentation'
