import type { TruncatedInverse } from './inverse'

/**
 * oSVD (Wu et al., Magn Reson Med 2003;50:164): among the thresholds 5, 10, … 95 % of the largest singular value the
 * lowest whose residue has an oscillation index within the limit,
 * OI = (1/L)·(1/max R)·Σ |R[k] − 2R[k−1] + R[k−2]|, L the number of residue samples (2N).
 */
export const OSCILLATION_THRESHOLDS = Float64Array.from({ length: 19 }, (_, i) => (i + 1) * 0.05)

/** Number of components each threshold of OSCILLATION_THRESHOLDS keeps, [threshold]. */
export function componentCounts(inverse: TruncatedInverse): Int32Array {
  return Int32Array.from(OSCILLATION_THRESHOLDS, (threshold) => {
    let count = 0
    while (
      count < inverse.rank &&
      inverse.singularValues[count] >= threshold * inverse.largestSingularValue * (1 - 1e-9)
    ) {
      count++
    }
    return count
  })
}

/** The oscillation index of residue[from, from + length). Infinite where the residue is nowhere positive. */
export function oscillationIndex(residue: Float64Array, from: number, length: number): number {
  let highest = -Infinity
  let bend = 0
  for (let k = 0; k < length; k++) {
    const value = residue[from + k]
    if (value > highest) highest = value
    if (k >= 2) bend += Math.abs(value - 2 * residue[from + k - 1] + residue[from + k - 2])
  }
  return highest > 0 ? bend / (length * highest) : Infinity
}

/**
 * Number of components to keep for one curve. `coordinates` [rank] are the curve's; `transposed` is the inverse's
 * output as [rank × residueSamples]; `residue` is scratch of residueSamples. The residue grows by the components of
 * each lower threshold, so all nineteen cost one full product.
 */
export function chooseComponents(
  inverse: TruncatedInverse,
  transposed: Float64Array,
  counts: Int32Array,
  coordinates: Float64Array,
  from: number,
  limit: number,
  residue: Float64Array,
): number {
  const length = inverse.residueSamples
  residue.fill(0)
  let component = 0
  let chosen = counts[counts.length - 1]
  for (let level = counts.length - 1; level >= 0; level--) {
    if (component === counts[level]) continue
    for (; component < counts[level]; component++) {
      const weight = coordinates[from + component]
      for (let k = 0, at = component * length; k < length; k++, at++) residue[k] += weight * transposed[at]
    }
    if (oscillationIndex(residue, 0, length) <= limit) chosen = component
  }
  return chosen
}
