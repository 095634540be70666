import type { MapName } from '@contract'

/** Fixed thresholds of tissue at risk. */
export const lesionThresholds = {
  /** Core: CBF below this share of the mean of tissue that is supplied in time. */
  coreFlow: 0.3,
  /** Hypoperfused: Tmax above this, s. */
  latest: 6,
} as const

/** Labels [voxel] of core and of all hypoperfused tissue by fixed thresholds (science: rCBF < 30 %, Tmax > 6 s). */
export function thresholdLesions(
  maps: Pick<Record<MapName, Float32Array>, 'cbf' | 'tmax'>,
  mask: Uint8Array,
): { core: Uint8Array; hypoperfused: Uint8Array } {
  const { coreFlow, latest } = lesionThresholds
  const core = new Uint8Array(mask.length)
  const hypoperfused = new Uint8Array(mask.length)
  let [sum, count] = [0, 0]
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0 || maps.tmax[i] > latest) continue
    sum += maps.cbf[i]
    count++
  }
  const least = count > 0 ? (coreFlow * sum) / count : 0
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue
    if (maps.tmax[i] > latest) hypoperfused[i] = 1
    if (maps.cbf[i] < least) core[i] = 1
  }
  return { core, hypoperfused }
}

/** 2|A∩B| / (|A| + |B|) over the mask; null where both are empty. */
export function diceCoefficient(a: Uint8Array, b: Uint8Array, mask: Uint8Array): number | null {
  let [both, sum] = [0, 0]
  for (let i = 0; i < a.length; i++) {
    if (mask[i] === 0) continue
    both += a[i] & b[i]
    sum += a[i] + b[i]
  }
  return sum === 0 ? null : (2 * both) / sum
}
