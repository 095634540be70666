import type { ImageLayout } from './header'
import type { Cell } from './read-pixels'

/** Samples of one frame as they are stored. */
export type Samples = Pick<
  ImageLayout,
  'rows' | 'columns' | 'bitsAllocated' | 'bitsStored' | 'highBit' | 'signed' | 'float' | 'littleEndian'
> & { bytes: Uint8Array }

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/**
 * Turns stored samples into voxels at `cell.offset` of the target: byte order, unused high bits, sign (PS3.5 §8.1.1),
 * padding, scale and shift. `bytes` may be the target's own memory. Returns whether a value did not fit.
 */
export function convert(
  samples: Samples,
  cell: Cell,
  type: 'int16' | 'float32',
  target: SharedArrayBuffer,
): boolean {
  const count = samples.rows * samples.columns
  const stored = storedValues(samples, count)
  if (type === 'float32') {
    const voxels = new Float32Array(target, cell.offset * 4, count)
    for (let i = 0; i < count; i++) voxels[i] = stored[i] * cell.scale + cell.shift
    replacePadding(stored, voxels, cell)
    return false
  }
  const voxels = new Int16Array(target, cell.offset * 2, count)
  let overflow = false
  if (cell.scale === 1 && cell.shift === 0 && stored instanceof Int16Array) {
    if (stored.buffer !== target || stored.byteOffset !== voxels.byteOffset) voxels.set(stored)
  } else {
    for (let i = 0; i < count; i++) {
      const voxel = stored[i] * cell.scale + cell.shift
      overflow ||= voxel < -32768 || voxel > 32767
      voxels[i] = voxel
    }
  }
  if (cell.padding) {
    const padded = cell.padding.stored * cell.scale + cell.shift
    for (let i = 0; i < count; i++) if (voxels[i] === padded) voxels[i] = cell.padding.voxel
  }
  return overflow
}

function replacePadding(stored: ArrayLike<number>, voxels: Float32Array, cell: Cell): void {
  if (!cell.padding) return
  for (let i = 0; i < voxels.length; i++) {
    if (stored[i] === cell.padding.stored) voxels[i] = cell.padding.voxel
  }
}

type Stored =
  Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array

/** The stored values with their sign and without bits that do not count; a view where nothing had to change. */
function storedValues(samples: Samples, count: number): Stored {
  const { bitsAllocated, bytes } = samples
  const width = bitsAllocated / 8
  const swap = width > 1 && samples.littleEndian !== hostIsLittleEndian
  const aligned = bytes.byteOffset % width === 0 ? bytes : bytes.slice()
  if (swap) swapBytes(aligned, width)
  const at = <T>(make: new (buffer: ArrayBufferLike, offset: number, length: number) => T): T =>
    new make(aligned.buffer, aligned.byteOffset, count)
  if (samples.float) return bitsAllocated === 64 ? at(Float64Array) : at(Float32Array)
  const { bitsStored, highBit, signed } = samples
  const up = bitsAllocated - 1 - highBit
  const down = bitsAllocated - bitsStored
  if (bitsAllocated === 8) {
    const values = signed ? at(Int8Array) : at(Uint8Array)
    if (down > 0) for (let i = 0; i < count; i++) values[i] = (values[i] << up) >> down
    if (down > 0 && !signed) for (let i = 0; i < count; i++) values[i] &= (1 << bitsStored) - 1
    return values
  }
  if (bitsAllocated === 32) {
    const values = signed ? at(Int32Array) : at(Uint32Array)
    if (down > 0) {
      for (let i = 0; i < count; i++) {
        values[i] = signed ? (values[i] << up) >> down : (values[i] << up) >>> down
      }
    }
    return values
  }
  return sixteenBits(samples, at(Int16Array), at(Uint16Array), up, down)
}

function sixteenBits(
  samples: Samples,
  asSigned: Int16Array,
  asUnsigned: Uint16Array,
  up: number,
  down: number,
): Stored {
  const { signed } = samples
  if (down === 0) return signed ? asSigned : asUnsigned
  if (signed) {
    for (let i = 0; i < asSigned.length; i++) asSigned[i] = (asSigned[i] << (16 + up)) >> (16 + down)
    return asSigned
  }
  const mask = (1 << samples.bitsStored) - 1
  const shift = samples.highBit - samples.bitsStored + 1
  if (shift === 0 && asUnsigned.byteOffset % 4 === 0) maskPairs(asUnsigned, mask)
  else for (let i = 0; i < asUnsigned.length; i++) asUnsigned[i] = (asUnsigned[i] >> shift) & mask
  // Fewer than 16 bits without a sign are the same numbers in a signed array.
  return asSigned
}

/**
 * Clears the high bits of two samples at a time, if any is set. Looking for one is half of the work of clearing them
 * all, and most scanners leave them clean; this pass over the data is most of what reading costs.
 */
function maskPairs(samples: Uint16Array, mask: number): void {
  const pairs = new Int32Array(samples.buffer, samples.byteOffset, samples.length >> 1)
  const both = mask | (mask << 16)
  if ((anyBits(pairs) & ~both) !== 0) for (let i = 0; i < pairs.length; i++) pairs[i] &= both
  if (samples.length % 2 === 1) samples[samples.length - 1] &= mask
}

/** All bits that are set anywhere; four chains at a time, so that the processor need not wait for each. */
function anyBits(words: Int32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0]
  const whole = words.length - (words.length % 8)
  for (let i = 0; i < whole; i += 8) {
    a |= words[i] | words[i + 1]
    b |= words[i + 2] | words[i + 3]
    c |= words[i + 4] | words[i + 5]
    d |= words[i + 6] | words[i + 7]
  }
  for (let i = whole; i < words.length; i++) a |= words[i]
  return a | b | c | d
}

function swapBytes(bytes: Uint8Array, width: number): void {
  for (let i = 0; i + width <= bytes.length; i += width) {
    for (let low = i, high = i + width - 1; low < high; low++, high--) {
      const byte = bytes[low]
      bytes[low] = bytes[high]
      bytes[high] = byte
    }
  }
}
