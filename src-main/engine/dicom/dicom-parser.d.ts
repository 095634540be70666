/** What dicom-parser exports and its own declarations leave out. */
declare module 'dicom-parser' {
  export const littleEndianByteArrayParser: ByteArrayParser
  export const bigEndianByteArrayParser: ByteArrayParser
  export function readDicomElementExplicit(stream: ByteStream, warnings: string[], untilTag?: string): Element
  export function readDicomElementImplicit(stream: ByteStream, untilTag?: string): Element
  interface DataSetClass {
    new (parser: ByteArrayParser, bytes: Uint8Array, elements: Record<string, Element>): DataSet
  }
  const dicomParser: {
    ByteStream: typeof ByteStream
    DataSet: DataSetClass
    littleEndianByteArrayParser: ByteArrayParser
    bigEndianByteArrayParser: ByteArrayParser
    readDicomElementExplicit: typeof readDicomElementExplicit
    readDicomElementImplicit: typeof readDicomElementImplicit
  }
  export default dicomParser
}
