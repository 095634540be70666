import { codestreamOf } from './codestream'
import { decodeCodestream } from './codecs'
import type { ImageLayout } from './header'
import { decodeRle } from './rle'
import { transferSyntaxes } from './transfer-syntax'

/** A decoded frame: little-endian samples, and how many of their bits count. */
export interface DecodedFrame {
  bytes: Uint8Array
  bitsAllocated: number
  bitsStored: number
}

/** A picture larger than this in one compressed frame is not a medical one; it would only fill the memory. */
const largestFrame = 256 * 1024 * 1024

/**
 * Decompresses one frame of one sample per pixel. The codestream's own size is held against the header before the
 * decoder may allocate anything. Throws Errors in words.
 */
export async function decodeFrame(
  compressed: Uint8Array,
  image: Pick<ImageLayout, 'rows' | 'columns' | 'bitsAllocated' | 'bitsStored'>,
  transferSyntax: string,
): Promise<DecodedFrame> {
  const pixels = image.rows * image.columns
  const bytesPerSample = image.bitsAllocated / 8
  if (pixels * bytesPerSample > largestFrame) throw new Error('the picture is too large')
  if (transferSyntax === transferSyntaxes.rle) {
    const bytes = decodeRle(compressed, pixels, bytesPerSample)
    return { bytes, bitsAllocated: image.bitsAllocated, bitsStored: image.bitsStored }
  }
  const codestream = codestreamOf(compressed)
  if (!codestream) throw new Error('the compressed picture has no readable header')
  if (codestream.width !== image.columns || codestream.height !== image.rows || codestream.components !== 1) {
    const { width, height, components } = codestream
    throw new Error(
      `the compressed picture is ${width} × ${height} × ${components}, the header says ${image.columns} × ${image.rows} × 1`,
    )
  }
  if (codestream.decoder === null) {
    throw new Error(`this kind of JPEG (${codestream.precision} bits) is not supported`)
  }
  if (!codestream.complete) {
    throw new Error('the compressed picture is cut off: it has no end marker (truncated)')
  }
  const containerBits = codestream.precision > 8 ? 16 : 8
  const bytes = await decodeCodestream(compressed, codestream.decoder, codestream.precision)
  if (bytes.length !== (pixels * containerBits) / 8) {
    throw new Error(`${bytes.length} bytes came out instead of ${(pixels * containerBits) / 8}`)
  }
  // A codestream of fewer bits than Bits Stored carries its sign in its own highest bit.
  return { bytes, bitsAllocated: containerBits, bitsStored: Math.min(image.bitsStored, codestream.precision) }
}
