import type { ImageLayout } from './header'
import type { Slice } from './slices'

/** How stored values become voxels: voxel = stored × scale + shift, and value = voxel × slope + intercept. */
export interface VoxelFormat {
  type: 'int16' | 'float32'
  slope: number
  intercept: number
  scale: (slice: Slice) => number
  shift: (slice: Slice) => number
  /** Whether the values could exceed the type, so that reading must watch for it. */
  mayOverflow: boolean
}

/** Parts of the smallest slope that are tried as the step that all slices share. */
const divisors = [1, 2, 3, 4, 5, 8, 10, 16, 20, 100]
const integerTolerance = 1e-6

/**
 * Chooses the voxel type that keeps every value: 16-bit integers with one slope and intercept where the slices' own
 * are whole multiples of a common step, so that 0.1 HU stays 0.1 HU; 32-bit floats only where that is not exact.
 */
export function voxelFormatOf(slices: readonly Slice[], float = false): VoxelFormat {
  const rescales = new Map<string, Rescale>()
  for (const slice of slices) {
    const rescale = rescaleOf(slice)
    if (rescale) rescales.set(Object.values(rescale).join(' '), rescale)
  }
  const all = [...rescales.values()]
  const integers = slices.every(
    ({ instance }) => instance.header.image && isInt16Source(instance.header.image),
  )
  return (!float && integers && int16FormatOf(all)) || float32Format
}

interface Rescale {
  slope: number
  intercept: number
  least: number
  greatest: number
}

function rescaleOf({ instance, frame }: Slice): Rescale | null {
  const { image } = instance.header
  if (!image) return null
  const { bitsStored, signed } = image
  const least = signed ? -(2 ** (bitsStored - 1)) : 0
  return { slope: frame.slope, intercept: frame.intercept, least, greatest: least + 2 ** bitsStored - 1 }
}

const isInt16Source = (image: ImageLayout): boolean => !image.float && image.bitsStored <= 16

/** Real values, for what no 16-bit format holds. */
const float32Format: VoxelFormat = {
  type: 'float32',
  slope: 1,
  intercept: 0,
  scale: ({ frame }) => frame.slope,
  shift: ({ frame }) => frame.intercept,
  mayOverflow: false,
}

function int16FormatOf(rescales: readonly Rescale[]): VoxelFormat | null {
  const { intercept: base } = rescales[0]
  const smallest = rescales.reduce(
    (least, { slope }) => (Math.abs(slope) < Math.abs(least) ? slope : least),
    Infinity,
  )
  const step = divisors
    .map((divisor) => smallest / divisor)
    .find((candidate) =>
      rescales.every(
        ({ slope, intercept }) => isWhole(slope / candidate) && isWhole((intercept - base) / candidate),
      ),
    )
  if (step === undefined) return null
  const scale = (slope: number): number => Math.round(slope / step)
  const shift = (intercept: number): number => Math.round((intercept - base) / step)
  let least = Infinity
  let greatest = -Infinity
  for (const rescale of rescales) {
    const ends = [rescale.least, rescale.greatest].map(
      (stored) => stored * scale(rescale.slope) + shift(rescale.intercept),
    )
    least = Math.min(least, ...ends)
    greatest = Math.max(greatest, ...ends)
  }
  const fits = least >= -32768 && greatest <= 32767
  const move = fits || greatest - least > 65535 ? 0 : -32768 - least
  return {
    type: 'int16',
    slope: step,
    intercept: base - move * step,
    scale: ({ frame }) => scale(frame.slope),
    shift: ({ frame }) => shift(frame.intercept) + move,
    mayOverflow: !fits && move === 0,
  }
}

function isWhole(value: number): boolean {
  return (
    Math.abs(value - Math.round(value)) <= integerTolerance * Math.max(1, Math.abs(value)) &&
    Math.abs(value) < 1e6
  )
}
