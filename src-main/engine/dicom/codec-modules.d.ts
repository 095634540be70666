/** The WebAssembly decoders of Cornerstone, which bring no declarations of their own. */
interface WasmDecoder {
  /** Room for the compressed bytes, in the module's memory. */
  getEncodedBuffer(length: number): Uint8Array
  decode(): void
  /** A view of the module's memory, valid until `delete`. */
  getDecodedBuffer(): Uint8Array
  delete(): void
}
interface WasmEncoder {
  getDecodedBuffer(image: {
    width: number
    height: number
    bitsPerSample: number
    componentCount: number
    isSigned: boolean
    isUsingColorTransform: boolean
  }): Uint8Array
  encode(): void
  getEncodedBuffer(): Uint8Array
  delete(): void
}
interface WasmModule {
  JpegLSDecoder: new () => WasmDecoder
  J2KDecoder: new () => WasmDecoder
  HTJ2KDecoder: new () => WasmDecoder
  JPEGDecoder: new () => WasmDecoder
  JpegLSEncoder: new () => WasmEncoder
  J2KEncoder: new () => WasmEncoder
  HTJ2KEncoder: new () => WasmEncoder
  getExceptionMessage?(pointer: number): string
}
type WasmFactory = (options: { print: () => void; printErr: () => void }) => Promise<WasmModule>

declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  const create: WasmFactory
  export default create
}
declare module '@cornerstonejs/codec-charls/wasmjs' {
  const create: WasmFactory
  export default create
}
declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  const create: WasmFactory
  export default create
}
declare module '@cornerstonejs/codec-openjpeg/wasmjs' {
  const create: WasmFactory
  export default create
}
declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs' {
  const create: WasmFactory
  export default create
}
declare module '@cornerstonejs/codec-openjph/wasmjs' {
  const create: WasmFactory
  export default create
}
declare module 'jpeg-lossless-decoder-js' {
  export class Decoder {
    /** Lines decoded so far, and in all. */
    yLoc: number
    yDim: number
    decode(
      buffer: ArrayBuffer,
      offset: number,
      length: number,
      bytesPerSample: 1 | 2,
    ): Uint8Array | Uint16Array | null
  }
}
