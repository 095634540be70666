import { createHash, randomUUID } from 'node:crypto'
import dcmjs from 'dcmjs'

export type DicomValue = string | number | ArrayBuffer | Dataset
/** A DICOM data set by keyword, as dcmjs names them. A sequence is an array of data sets; null is an empty value. */
export interface Dataset {
  [keyword: string]: DicomValue | DicomValue[] | null | undefined
}

const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1'
const IMPLEMENTATION_UID = '2.25.236058708592570711177766056458787093186'

// dcmjs prints values it shortens, which may be a patient's name.
dcmjs.log.setLevel('silent')

/** A new globally unique UID: 2.25 and a random UUID as a number (PS3.5 B.2). */
export function newUid(): string {
  return `2.25.${BigInt(`0x${randomUUID().replace(/-/g, '')}`)}`
}

/** The same UID for the same text, always: 2.25 and 128 bits of its hash as a number. */
export function uidOf(text: string): string {
  return `2.25.${BigInt(`0x${createHash('sha256').update(text).digest('hex').slice(0, 32)}`)}`
}

/** A number as a decimal string of at most 16 characters, as exact as they allow. */
export function decimalString(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`${value} has no decimal string`)
  const shortest = String(value)
  if (shortest.length <= 16) return shortest
  for (let digits = 16; digits > 1; digits--) {
    const text = String(Number(value.toPrecision(digits)))
    if (text.length <= 16) return text
  }
  return value.toExponential(8)
}

/** Text as one DICOM value: no control characters, no backslash (which would part it in two), at most `length`. */
export function text(value: string, length = 64): string {
  const plain = Array.from(value, (character) =>
    character < ' ' || character === '\x7f' ? ' ' : character === '\\' ? '/' : character,
  )
  return plain.join('').trim().slice(0, length)
}

/** A person's name of up to three groups (alphabetic=ideographic=phonetic), each at most 64 characters. */
export function personName(value: string): string {
  return value
    .split('=')
    .slice(0, 3)
    .map((group) => text(group))
    .join('=')
}

/** Words of our own as one value of at most `length` bytes, since some readers count bytes where DICOM counts characters. */
export function words(value: string, length = 64): string {
  let short = text(value, length)
  while (Buffer.byteLength(short) > length) short = short.slice(0, -1).trimEnd()
  return short
}

/** The bytes as an ArrayBuffer of their own, of even length as DICOM asks for. */
export function evenBytes(bytes: Uint8Array): ArrayBuffer {
  const copy = new Uint8Array(bytes.length + (bytes.length & 1))
  copy.set(bytes)
  return copy.buffer
}

/** Local date and time as DICOM writes them: DA, TM, and both as DT. */
export function dicomTime(moment: Date): { date: string; time: string } {
  const digits = (value: number, count = 2): string => String(value).padStart(count, '0')
  return {
    date: `${digits(moment.getFullYear(), 4)}${digits(moment.getMonth() + 1)}${digits(moment.getDate())}`,
    time: `${digits(moment.getHours())}${digits(moment.getMinutes())}${digits(moment.getSeconds())}`,
  }
}

/**
 * A data set as a DICOM file (PS3.10), explicit VR little endian, text in UTF-8. SOPClassUID and SOPInstanceUID must
 * be in it; pixel data is an ArrayBuffer (OW, or OB where BitsAllocated is 8 or less). Throws on a keyword that the dictionary
 * does not know, so that nothing is left out silently.
 */
export function encodePart10(dataset: Dataset): Uint8Array {
  const complete: Dataset = { SpecificCharacterSet: 'ISO_IR 192', ...dataset }
  checkKeywords(complete)
  const meta = dcmjs.data.DicomMetaDictionary.denaturalizeDataset({
    FileMetaInformationVersion: new Uint8Array([0, 1]).buffer,
    MediaStorageSOPClassUID: dataset.SOPClassUID,
    MediaStorageSOPInstanceUID: dataset.SOPInstanceUID,
    TransferSyntaxUID: EXPLICIT_LITTLE_ENDIAN,
    ImplementationClassUID: IMPLEMENTATION_UID,
    ImplementationVersionName: text(`UMBRA_${__UMBRA_VERSION__}`, 16),
  })
  const file = new dcmjs.data.DicomDict(meta)
  const pixelVr = Number(dataset.BitsAllocated) <= 8 ? 'OB' : 'OW'
  file.dict = dcmjs.data.DicomMetaDictionary.denaturalizeDataset({
    ...complete,
    _vrMap: { PixelData: pixelVr },
  })
  return new Uint8Array(file.write())
}

function checkKeywords(dataset: Dataset): void {
  for (const [keyword, value] of Object.entries(dataset)) {
    if (!dcmjs.data.DicomMetaDictionary.nameMap[keyword]) throw new Error(`${keyword} is not a DICOM keyword`)
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item && typeof item === 'object' && !(item instanceof ArrayBuffer)) checkKeywords(item)
    }
  }
}
