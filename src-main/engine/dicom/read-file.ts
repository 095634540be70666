import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { headerLimit, parseHeader, type PixelElement } from './elements'
import type { Header, ImageLayout } from './header'
import { groupAt, Malformed, NotDicom } from './preface'
import { readHeader } from './read-header'
import { pixelEncodingOf } from './transfer-syntax'

/** What one file turned out to be. */
export type FileOutcome = { header: Header } | { skipped: string } | { archive: true }

const firstRead = 8 * 1024
const dicomDirectory = '1.2.840.10008.1.3.10'

/**
 * Reads one file's header: 8 KB, and more only where the header is longer. Never throws: what cannot be read is
 * `skipped` with the reason in words.
 */
export function readFileHeader(path: string, buffer: Buffer): FileOutcome {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch (thrown) {
    return { skipped: `Cannot be opened (${(thrown as NodeJS.ErrnoException).code ?? 'unknown'}).` }
  }
  try {
    return readOpenFile(descriptor, buffer)
  } catch (thrown) {
    if (thrown instanceof NotDicom || thrown instanceof Malformed) return { skipped: thrown.message }
    const message = typeof thrown === 'string' ? thrown : thrown instanceof Error ? thrown.message : 'unknown'
    return { skipped: `Damaged header: ${message}` }
  } finally {
    closeSync(descriptor)
  }
}

function readOpenFile(descriptor: number, buffer: Buffer): FileOutcome {
  const { size } = fstatSync(descriptor)
  let head = buffer.subarray(0, readSync(descriptor, buffer, 0, Math.min(firstRead, size), 0))
  if (head.length >= 4 && head.readUInt32BE(0) === 0x504b0304) return { archive: true }
  for (;;) {
    const attempt = parseHeader(head, head.length >= size)
    if ('header' in attempt) {
      return outcomeOf(attempt.header.mediaStorageClass, readHeader(attempt.header, size), descriptor, size)
    }
    if (head.length >= headerLimit) {
      throw new Malformed(`No pixel data within the first ${headerLimit / 1024 / 1024} MB.`)
    }
    const wanted = Math.min(size, headerLimit, Math.max(head.length * 8, attempt.more))
    const longer = Buffer.allocUnsafe(wanted)
    head.copy(longer)
    const read = readSync(descriptor, longer, head.length, wanted - head.length, head.length)
    if (read === 0) throw new Malformed('The file became shorter while it was read.')
    head = longer.subarray(0, head.length + read)
  }
}

function outcomeOf(mediaStorageClass: string, header: Header, descriptor: number, size: number): FileOutcome {
  if (header.sopClass === dicomDirectory || mediaStorageClass === dicomDirectory) {
    return { skipped: 'A DICOMDIR: a list of files, not an image. The files themselves were searched for.' }
  }
  if (header.image) checkPixels(header, header.image, descriptor, size)
  return { header }
}

/** Bytes of `pictures` stored pictures without compression; those of single bits are packed without gaps. */
export function nativeBytes(image: ImageLayout, pictures: number): number {
  const pixels = image.rows * image.columns * image.tilesAcross ** 2
  return Math.ceil((pixels * image.samples * image.bitsAllocated * pictures) / 8)
}

/** Stored pictures of a file: a mosaic is one, whatever it holds. */
export function storedPictures({ image, frames }: Pick<Header, 'image' | 'frames'>): number {
  return image && image.tilesAcross > 1 ? 1 : frames.length
}

/** Holds what the header claims of its pixels against the file, so that nothing later trusts the claim alone. */
function checkPixels(header: Header, image: ImageLayout, descriptor: number, size: number): void {
  const { pixels } = image
  const encoding = pixelEncodingOf(header.transferSyntax)
  if (encoding === 'native' && pixels.length === null) {
    throw new Malformed(`Pixel Data ${pixels.tag} has no length, which only compressed pixels may have.`)
  }
  if (encoding === 'encapsulated' && pixels.length !== null) {
    throw new Malformed(
      `Pixel Data ${pixels.tag} is not compressed, but the transfer syntax ${header.transferSyntax} is.`,
    )
  }
  if (encoding === 'unknown') {
    throw new Malformed(
      `The transfer syntax "${header.transferSyntax}" is private or unknown and cannot be read.`,
    )
  }
  if (encoding !== 'native' || pixels.deflatedFrom !== null || pixels.length === null) return
  // Colour may be stored with fewer samples than pixels (4:2:2); Umbra lists it but does not read it.
  const expected = image.samples > 1 ? 0 : nativeBytes(image, storedPictures(header))
  const there = Math.min(pixels.length, size - pixels.offset)
  if (there < expected) {
    throw new Malformed(
      `Pixel Data ${pixels.tag} is cut off: ${there} of ${expected} bytes are there (truncated).`,
    )
  }
  const end = pixels.offset + pixels.length
  if (end > size) {
    header.warnings.push(`Pixel Data ${pixels.tag} claims ${pixels.length} bytes; the file has ${there}.`)
  }
  if (end < size && !continues(descriptor, end, pixels, image.littleEndian)) {
    header.warnings.push(`${size - end} bytes after the pixel data are not DICOM and were ignored.`)
  }
}

function continues(descriptor: number, at: number, pixels: PixelElement, littleEndian: boolean): boolean {
  const next = Buffer.alloc(8)
  if (readSync(descriptor, next, 0, 8, at) < 8) return false
  const group = groupAt(next, 0, littleEndian)
  return group >= 0x7fe0 && group !== 0xffff && pixels.offset > 0
}
