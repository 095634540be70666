import type { PhantomOptions } from '../options'
import { CT_INTERCEPT } from './dataset'
import type { VendorStyle } from './vendors'

/** stored × slope + intercept = HU, exact for every whole HU. */
export interface Rescale {
  slope: number
  intercept: number
}

/** One rescale for all, or (rescalePerSlice) another for every slice: whole or half units and a drifting zero. */
export function rescaleOf(options: PhantomOptions, slice: number): Rescale {
  if (options.modality === 'mr') return { slope: 1, intercept: 0 }
  if (!options.rescalePerSlice) return { slope: 1, intercept: CT_INTERCEPT }
  return { slope: slice % 2 === 0 ? 1 : 0.5, intercept: CT_INTERCEPT - 8 * slice }
}

/** Stored values of one slice of whole HU (or counts), 16 bits each. */
export function storedPixels(
  slice: Int16Array,
  { slope, intercept }: Rescale,
  padding: Uint8Array | null,
  style: VendorStyle,
): Int16Array {
  const stored = new Int16Array(slice.length)
  for (let i = 0; i < slice.length; i++) stored[i] = (slice[i] - intercept) / slope
  if (padding && style.padding !== null) {
    for (let i = 0; i < stored.length; i++) if (padding[i]) stored[i] = style.padding
  }
  return stored
}

/** 1 outside the circle of reconstruction of a square image. */
export function outsideCircle(size: number): Uint8Array {
  const middle = (size - 1) / 2
  const limit = (size / 2) ** 2
  const outside = new Uint8Array(size * size)
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i++) {
      outside[i] = (row - middle) ** 2 + (column - middle) ** 2 > limit ? 1 : 0
    }
  }
  return outside
}
