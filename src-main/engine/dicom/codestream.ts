import { transferSyntaxes } from './transfer-syntax'

/** What a compressed picture says of itself, before anything is allocated for it. */
export interface Codestream {
  width: number
  height: number
  components: number
  precision: number
  signed: boolean
  /** The transfer syntax whose decoder reads it, which is not always the one the file names; null for none. */
  decoder: string | null
  /** Whether it has its end marker (EOI, EOC): a decoder may otherwise fill what is cut off. */
  complete: boolean
}

/** The frame header of a JPEG, JPEG-LS (SOF, ISO 10918-1 §B.2.2) or JPEG 2000 codestream (SIZ, ISO 15444-1 §A.5.1). */
export function codestreamOf(bytes: Uint8Array): Codestream | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length > 4 && bytes[0] === 0xff && bytes[1] === 0xd8) return jpegFrame(view)
  const start = startOfJpeg2000(bytes)
  return start < 0 ? null : jpeg2000Size(view, start)
}

function jpegFrame(view: DataView): Codestream | null {
  let at = 2
  while (at + 4 <= view.byteLength) {
    if (view.getUint8(at) !== 0xff) return null
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) {
      at++
      continue
    }
    if (marker === 0xda || marker === 0xd9) return null
    const isFrame =
      (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) || marker === 0xf7
    if (isFrame && at + 10 <= view.byteLength) {
      return {
        precision: view.getUint8(at + 4),
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        components: view.getUint8(at + 9),
        signed: false,
        decoder: decoderOfJpeg(marker, view.getUint8(at + 4)),
        complete: hasEnd(view),
      }
    }
    at += 2 + view.getUint16(at + 2)
  }
  return null
}

/** At the start, or behind the boxes of a JP2 file. */
function startOfJpeg2000(bytes: Uint8Array): number {
  const end = Math.min(bytes.length - 4, 4096)
  for (let at = 0; at <= end; at++) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0x4f && bytes[at + 2] === 0xff && bytes[at + 3] === 0x51) {
      return at
    }
  }
  return -1
}

function jpeg2000Size(view: DataView, start: number): Codestream | null {
  const at = start + 4
  if (at + 38 >= view.byteLength) return null
  const depth = view.getUint8(at + 38)
  return {
    width: view.getUint32(at + 4) - view.getUint32(at + 12),
    height: view.getUint32(at + 8) - view.getUint32(at + 16),
    components: view.getUint16(at + 36),
    precision: (depth & 0x7f) + 1,
    signed: (depth & 0x80) !== 0,
    decoder:
      (view.getUint16(at + 2) & highThroughput) !== 0 ? transferSyntaxes.htj2k : transferSyntaxes.jpeg2000,
    complete: hasEnd(view),
  }
}

/** Rsiz bit 14: the codestream uses Part 15, high-throughput block coding. */
const highThroughput = 0x4000

/** Baseline and extended sequential or progressive with 8 bits, lossless (SOF3), JPEG-LS (SOF55). */
function decoderOfJpeg(marker: number, precision: number): string | null {
  if (marker === 0xf7) return transferSyntaxes.jpegLs
  if (marker === 0xc3) return transferSyntaxes.jpegLosslessFirstOrder
  return marker <= 0xc2 && precision === 8 ? transferSyntaxes.jpegBaseline : null
}

function hasEnd(view: DataView): boolean {
  let at = view.byteLength - 1
  while (at > 1 && (view.getUint8(at) === 0 || view.getUint8(at) === 0xff)) at--
  return view.getUint8(at) === 0xd9 && view.getUint8(at - 1) === 0xff
}
