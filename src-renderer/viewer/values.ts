import type { VoxelArray } from '@contract'

export type Stored = Int16Array | Uint8Array | Float32Array

/** Voxels in the unit of their array (HU, ml/100 g …), the form everything here draws and probes. */
export type Values = Int16Array | Uint8Array | Float32Array

/** What stands outside the brain mask of a map: far below every display range, and exact in float32. */
export const OUTSIDE = -32768

/**
 * Stored voxels as values: stored × slope + intercept. Stays int16 where that is exact and fits (the usual CT), so the
 * copy costs half the memory of floats; the array itself where there is nothing to do.
 */
export function valuesOf(array: Pick<VoxelArray, 'slope' | 'intercept'>, stored: Stored): Values {
  const { slope, intercept } = array
  if (slope === 1 && intercept === 0) return stored
  if (slope === 1 && Number.isInteger(intercept) && stored instanceof Int16Array) {
    let lowest = 0
    let highest = 0
    for (let i = 0; i < stored.length; i++) {
      if (stored[i] < lowest) lowest = stored[i]
      else if (stored[i] > highest) highest = stored[i]
    }
    if (lowest + intercept >= -32768 && highest + intercept <= 32767) {
      const values = new Int16Array(stored.length)
      for (let i = 0; i < stored.length; i++) values[i] = stored[i] + intercept
      return values
    }
  }
  const values = new Float32Array(stored.length)
  for (let i = 0; i < stored.length; i++) values[i] = stored[i] * slope + intercept
  return values
}

/** A copy of a map with OUTSIDE wherever the mask is 0, so that a zero inside the brain stays a zero. */
export function maskedValues(values: Values, mask: Values): Float32Array {
  const masked = new Float32Array(values.length)
  for (let i = 0; i < values.length; i++) masked[i] = mask[i] === 0 ? OUTSIDE : values[i]
  return masked
}

/** a − b voxel by voxel; 0, which a difference is shown black at, where either is OUTSIDE. */
export function differenceOf(a: Values, b: Values): Float32Array {
  const difference = new Float32Array(a.length)
  for (let i = 0; i < a.length; i++) {
    difference[i] = a[i] === OUTSIDE || b[i] === OUTSIDE ? 0 : a[i] - b[i]
  }
  return difference
}

/** A range of values shown from black to white. */
export interface ValueWindow {
  lower: number
  upper: number
}

/**
 * `share` of b over a, where b's window is stretched over a's: what a pane with a's window shows is then the mixture of
 * the two pictures.
 */
export function blendOf(
  a: Values,
  b: Values,
  share: number,
  over: ValueWindow,
  own: ValueWindow,
): Float32Array {
  const blend = new Float32Array(a.length)
  const scale = (over.upper - over.lower) / (own.upper - own.lower)
  for (let i = 0; i < blend.length; i++) {
    const below = Math.min(over.upper, Math.max(over.lower, a[i]))
    const above = Math.min(over.upper, Math.max(over.lower, over.lower + (b[i] - own.lower) * scale))
    blend[i] = below + share * (above - below)
  }
  return blend
}

/** Lowest and highest value, what is OUTSIDE left out; [0, 0] where nothing is inside. */
export function rangeOf(values: Values): [number, number] {
  let lowest = Infinity
  let highest = -Infinity
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (value === OUTSIDE) continue
    if (value < lowest) lowest = value
    if (value > highest) highest = value
  }
  return lowest <= highest ? [lowest, highest] : [0, 0]
}

/**
 * A display range for values nothing is known of (an MR signal): from the 1st to the 99th percentile of about 20,000
 * evenly taken voxels above the lowest value, so that air does not count.
 */
export function robustRange(values: Values): [number, number] {
  const [lowest, highest] = rangeOf(values)
  const step = Math.max(1, Math.floor(values.length / 20_000))
  const taken: number[] = []
  for (let i = 0; i < values.length; i += step) {
    if (values[i] !== OUTSIDE && values[i] > lowest) taken.push(values[i])
  }
  if (taken.length === 0) return [lowest, Math.max(highest, lowest + 1)]
  taken.sort((a, b) => a - b)
  const lower = taken[Math.floor(taken.length * 0.01)]
  const upper = taken[Math.floor(taken.length * 0.99)]
  return [lower, upper > lower ? upper : lower + 1]
}

/** Whether a picture shown in this range would be even: every value at or below its lower end, or at or above its upper. */
export function isBlankIn(values: Values, { lower, upper }: { lower: number; upper: number }): boolean {
  const [lowest, highest] = rangeOf(values)
  return highest <= lower || lowest >= upper
}
