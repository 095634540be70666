import dcmjs, { type NaturalizedDataset } from 'dcmjs'

const { DicomDict, DicomMetaDictionary } = dcmjs.data

const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1'
/** Umbra's phantom writer, a UID of the UUID root. */
const IMPLEMENTATION_CLASS = '2.25.202340879103462315872054098118673941527'

/**
 * The bytes of a DICOM file up to its pixels: preamble, file meta, data set in explicit little-endian. dcmjs encodes;
 * pixels are appended by `pixelDataElement`, so that they are never copied through it.
 */
export function encodeHeader(dataset: NaturalizedDataset): Buffer {
  const file = new DicomDict(
    DicomMetaDictionary.denaturalizeDataset({
      FileMetaInformationVersion: new Uint8Array([0, 1]).buffer,
      MediaStorageSOPClassUID: dataset.SOPClassUID,
      MediaStorageSOPInstanceUID: dataset.SOPInstanceUID,
      TransferSyntaxUID: EXPLICIT_LITTLE_ENDIAN,
      ImplementationClassUID: IMPLEMENTATION_CLASS,
      ImplementationVersionName: 'UMBRA_PHANTOM',
    }),
  )
  const { PixelPaddingValue: padding, ...rest } = dataset
  file.dict = DicomMetaDictionary.denaturalizeDataset(rest)
  if (padding !== undefined) {
    // dcmjs would take it as unsigned: its VR is that of the pixels.
    file.dict['00280120'] = { vr: dataset.PixelRepresentation === 1 ? 'SS' : 'US', Value: [padding] }
  }
  return Buffer.from(file.write())
}

/** Tag, VR and length of Pixel Data (7FE0,0010), whose value follows: 16-bit words. */
export function pixelDataElement(bytes: number): Buffer {
  const element = Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x57, 0, 0, 0, 0, 0, 0])
  element.writeUInt32LE(bytes, 8)
  return element
}

/** The elements that differ between the files of one slice, with their tags; each is written over in place. */
const varying = {
  mediaSopInstanceUid: [0x0002, 0x0003, 'UI'],
  sopInstanceUid: [0x0008, 0x0018, 'UI'],
  seriesInstanceUid: [0x0020, 0x000e, 'UI'],
  acquisitionDate: [0x0008, 0x0022, 'DA'],
  contentDate: [0x0008, 0x0023, 'DA'],
  acquisitionTime: [0x0008, 0x0032, 'TM'],
  contentTime: [0x0008, 0x0033, 'TM'],
  seriesNumber: [0x0020, 0x0011, 'IS'],
  acquisitionNumber: [0x0020, 0x0012, 'IS'],
  instanceNumber: [0x0020, 0x0013, 'IS'],
  temporalPosition: [0x0020, 0x0100, 'IS'],
} as const
export type VaryingElement = keyof typeof varying

/** A header with room for values that change from file to file: integers are as wide as `INTEGER_ROOM`. */
export interface HeaderTemplate {
  bytes: Buffer
  places: Partial<Record<VaryingElement, { offset: number; length: number; padding: number }>>
}

/** Stands for an integer still to be filled in; as wide as the largest instance number. */
export const INTEGER_ROOM = '00000000'

export function headerTemplate(dataset: NaturalizedDataset): HeaderTemplate {
  const bytes = encodeHeader(dataset)
  const places: HeaderTemplate['places'] = {}
  for (const [name, [group, element, vr]] of Object.entries(varying)) {
    const key = Buffer.from([group & 0xff, group >> 8, element & 0xff, element >> 8, ...Buffer.from(vr)])
    const at = bytes.indexOf(key)
    if (at < 0) continue
    places[name as VaryingElement] = {
      offset: at + 8,
      length: bytes.readUInt16LE(at + 6),
      padding: vr === 'UI' ? 0 : 0x20,
    }
  }
  return { bytes, places }
}

/** A copy of the header with these values. A value that does not fit, or has no place, is a fault of the caller. */
export function filledHeader(
  template: HeaderTemplate,
  values: Partial<Record<VaryingElement, string>>,
): Buffer {
  const bytes = Buffer.from(template.bytes)
  for (const [name, value] of Object.entries(values)) {
    const place = template.places[name as VaryingElement]
    if (!place || value.length > place.length) throw new Error(`no room for ${name} ${value} in the header`)
    bytes.fill(place.padding, place.offset, place.offset + place.length)
    bytes.write(value, place.offset, 'latin1')
  }
  return bytes
}
