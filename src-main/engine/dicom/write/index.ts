export { decimalString, dicomTime, encodePart10, newUid, text, type Dataset, type DicomValue } from './part10'
