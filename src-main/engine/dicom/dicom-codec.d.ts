declare module '@cornerstonejs/dicom-codec' {
  interface ImageInfo {
    rows: number
    columns: number
    bitsAllocated: number
    samplesPerPixel: number
    signed: boolean
    pixelRepresentation: number
  }
  type Samples = Uint8Array | Int8Array | Uint16Array | Int16Array
  const dicomCodec: {
    decode(frame: Uint8Array, image: ImageInfo, transferSyntax: string): Promise<{ imageFrame: Samples }>
    hasCodec(transferSyntax: string): boolean
  }
  export default dicomCodec
}
