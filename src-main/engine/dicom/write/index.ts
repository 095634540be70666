export { completeIdentity, type CodedConcept, type ObjectContext } from './modules'
export { writeParametricMap, type ParametricMap } from './parametricMap'
export { decimalString, dicomTime, encodePart10, newUid, text, type Dataset, type DicomValue } from './part10'
export { writeSecondaryCapture, type SecondaryCapture } from './secondaryCapture'
