/**
 * Decodes one frame of one sample per pixel in RLE Lossless (PS3.5 Annex G) into little-endian bytes. The package of
 * codecs fills what is missing with zeros; this one throws, so that a damaged picture is never shown as a whole one.
 */
export function decodeRle(bytes: Uint8Array, pixels: number, bytesPerSample: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 64) throw new Error('the RLE header is cut off')
  const segments = view.getUint32(0, true)
  if (segments !== bytesPerSample) throw new Error(`${segments} RLE segments instead of ${bytesPerSample}`)
  const decoded = new Uint8Array(pixels * bytesPerSample)
  for (let segment = 0; segment < segments; segment++) {
    const start = view.getUint32(4 + 4 * segment, true)
    const end = segment + 1 < segments ? view.getUint32(8 + 4 * segment, true) : bytes.length
    if (start < 64 || end < start || end > bytes.length) {
      throw new Error('an RLE segment lies outside the data')
    }
    // Segments go from the most significant byte to the least.
    unpack(bytes.subarray(start, end), decoded, bytesPerSample - 1 - segment, bytesPerSample, pixels)
  }
  return decoded
}

function unpack(packed: Uint8Array, target: Uint8Array, first: number, stride: number, count: number): void {
  let from = 0
  let done = 0
  while (done < count) {
    if (from >= packed.length) throw new Error(`an RLE segment ends after ${done} of ${count} pixels`)
    const control = packed[from++]
    if (control < 128) {
      const run = Math.min(control + 1, count - done)
      if (from + run > packed.length) throw new Error(`an RLE segment ends after ${done} of ${count} pixels`)
      for (let i = 0; i < run; i++) target[first + stride * done++] = packed[from + i]
      from += control + 1
    } else if (control > 128) {
      const run = Math.min(257 - control, count - done)
      if (from >= packed.length) throw new Error(`an RLE segment ends after ${done} of ${count} pixels`)
      for (let i = 0; i < run; i++) target[first + stride * done++] = packed[from]
      from++
    }
  }
}
