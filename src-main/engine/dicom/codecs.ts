import { transferSyntaxes } from './transfer-syntax'

/** Decoders by the transfer syntax that stands for their kind of codestream. */
const decoders: Record<string, (compressed: Uint8Array, precision: number) => Promise<Uint8Array>> = {
  [transferSyntaxes.jpegLs]: async (compressed) => {
    const { default: create } = await import('@cornerstonejs/codec-charls/decodewasmjs')
    return decodeWith(await moduleOf('jpeg-ls', create), 'JpegLSDecoder', compressed)
  },
  [transferSyntaxes.jpeg2000]: async (compressed) => {
    const { default: create } = await import('@cornerstonejs/codec-openjpeg/decodewasmjs')
    return decodeWith(await moduleOf('jpeg-2000', create), 'J2KDecoder', compressed)
  },
  [transferSyntaxes.htj2k]: async (compressed) => {
    const { default: create } = await import('@cornerstonejs/codec-openjph/wasmjs')
    return decodeWith(await moduleOf('htj2k', create), 'HTJ2KDecoder', compressed)
  },
  [transferSyntaxes.jpegBaseline]: async (compressed) => {
    const { default: create } = await import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs')
    return decodeWith(await moduleOf('jpeg', create), 'JPEGDecoder', compressed)
  },
  [transferSyntaxes.jpegLosslessFirstOrder]: decodeLosslessJpeg,
}

/**
 * Decodes a codestream of one component into little-endian samples of one or two bytes. The decoders are large and are
 * loaded with the first picture that needs them. Throws Errors in words.
 */
export async function decodeCodestream(
  compressed: Uint8Array,
  decoder: string,
  precision: number,
): Promise<Uint8Array> {
  return decoders[decoder](compressed, precision)
}

const modules = new Map<string, Promise<WasmModule>>()

function moduleOf(name: string, create: WasmFactory): Promise<WasmModule> {
  let loaded = modules.get(name)
  if (!loaded) {
    const silent = (): void => undefined
    loaded = create({ print: silent, printErr: silent })
    modules.set(name, loaded)
  }
  return loaded
}

type DecoderName = 'JpegLSDecoder' | 'J2KDecoder' | 'HTJ2KDecoder' | 'JPEGDecoder'

function decodeWith(module: WasmModule, name: DecoderName, compressed: Uint8Array): Uint8Array {
  const decoder = new module[name]()
  try {
    decoder.getEncodedBuffer(compressed.length).set(compressed)
    decoder.decode()
    // A copy: the memory behind the view is given back with the decoder.
    return Uint8Array.from(decoder.getDecodedBuffer())
  } catch (thrown) {
    if (thrown instanceof WebAssembly.RuntimeError) modules.clear()
    throw new Error(`the compressed picture is damaged${wordsOf(module, thrown)}`, { cause: thrown })
  } finally {
    decoder.delete()
  }
}

/** C++ exceptions arrive as a pointer. */
function wordsOf(module: WasmModule, thrown: unknown): string {
  if (typeof thrown !== 'number') return thrown instanceof Error ? ` (${thrown.message})` : ''
  return module.getExceptionMessage ? ` (${module.getExceptionMessage(thrown)})` : ''
}

async function decodeLosslessJpeg(compressed: Uint8Array, precision: number): Promise<Uint8Array> {
  const { Decoder } = await import('jpeg-lossless-decoder-js')
  const decoder = new Decoder()
  const { buffer, byteOffset, byteLength } = compressed
  const samples = decoder.decode(buffer as ArrayBuffer, byteOffset, byteLength, precision > 8 ? 2 : 1)
  if (!samples || decoder.yLoc < decoder.yDim) {
    throw new Error(`the compressed picture ends after ${decoder.yLoc} of ${decoder.yDim} lines (truncated)`)
  }
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)
}
