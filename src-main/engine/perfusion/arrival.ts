/** Where a bolus curve leaves its baseline. */
export interface BolusArrival {
  /** Samples before the bolus, at least 1. */
  baselineSamples: number
  /** The first sample was already enhanced, or the rise cannot be told from the baseline. */
  uncertain: boolean
}

/** Share of the peak that counts as the foot of the bolus. */
const FOOT = 0.05
const NOISE_BAND = 3

/**
 * Baseline length of a curve with a bolus, by walking back from the highest upslope: the last sample within the noise
 * band (3 standard deviations of the baseline, at least 5 % of the rise) ends the baseline, and one more is given up
 * where there are enough, since the foot of the bolus hides in the noise. Walking back from the peak needs no fixed
 * window, so an early bolus shortens the baseline instead of spoiling it. `sign` −1 for signal that falls (DSC-MRI).
 */
export function findArrival(curve: ArrayLike<number>, sign = 1): BolusArrival {
  const n = curve.length
  let peak = 0
  for (let i = 1; i < n; i++) if (sign * curve[i] > sign * curve[peak]) peak = i
  let foot = 0
  let band = Infinity
  for (let round = 0; round < 3; round++) {
    const before = Math.max(1, round === 0 ? Math.min(3, peak) : foot + 1)
    let level = 0
    for (let i = 0; i < before; i++) level += curve[i] / before
    let variance = 0
    for (let i = 0; i < before; i++) variance += (curve[i] - level) ** 2
    const deviation = before > 2 ? Math.sqrt(variance / (before - 1)) : 0
    const rise = sign * (curve[peak] - level)
    band = Math.min(Math.max(FOOT * rise, NOISE_BAND * deviation), 0.25 * rise)
    foot = peak
    while (foot > 0 && sign * (curve[foot] - level) > band) foot--
  }
  const uncertain = foot === 0 && sign * (curve[1] - curve[0]) > band
  const baselineSamples = foot >= 3 ? foot : foot + 1
  return { baselineSamples, uncertain: uncertain || peak === 0 }
}
